"""A small ledger on a directory of its own, once a store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store.port import Store
from tests.harness.homes import pytest_generate_tests, store_of, tmp_path, tmp_path_factory
from tests.unit.risk_report.march import record

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With the events of March."""
    store = store_of(tmp_path)
    record(store)
    yield store
    store.close()
