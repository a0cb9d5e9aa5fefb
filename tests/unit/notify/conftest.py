"""Everything that has a ledger runs on both stores."""

from tests.harness.homes import pytest_generate_tests, tmp_path, tmp_path_factory

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]
