"""Desks on a directory of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.homes import pytest_generate_tests, store_of, tmp_path, tmp_path_factory
from tests.unit.execute.desk import Desk, WatchedStore

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The data directory."""
    return tmp_path


@pytest.fixture
def watched(path: Path) -> WatchedStore:
    return WatchedStore(store_of(path))


@pytest.fixture
def desk(watched: WatchedStore) -> Iterator[Desk]:
    """With the policy adopted."""
    desk = Desk(watched.store)
    desk.adopt()
    watched.appends.clear()
    yield desk
    desk.close()
