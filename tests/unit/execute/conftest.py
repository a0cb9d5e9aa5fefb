"""Desks on a directory of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.execute.desk import Desk, WatchedStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def watched(path: Path) -> WatchedStore:
    return WatchedStore(path)


@pytest.fixture
def desk(watched: WatchedStore) -> Iterator[Desk]:
    """With the policy adopted."""
    desk = Desk(watched)
    desk.adopt()
    watched.appends.clear()
    yield desk
    desk.close()
