"""Everything here runs on both stores, unless it is about one of them."""

from tests.harness.homes import pytest_generate_tests, tmp_path, tmp_path_factory

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]
