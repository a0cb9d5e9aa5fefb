"""What plays a year of measurements runs on both stores."""

from tests.harness.homes import pytest_generate_tests, store, tmp_path, tmp_path_factory

__all__ = ["pytest_generate_tests", "store", "tmp_path", "tmp_path_factory"]
