"""A ledger store and a views database on a directory of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store.sqlite import SQLiteStore
from projections.engine import ViewsDatabase
from tests.unit.projections.toy import Log


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "ledger.db")
    yield store
    store.close()


@pytest.fixture
def log(store: SQLiteStore) -> Log:
    return Log(store)


@pytest.fixture
def views_path(tmp_path: Path) -> Path:
    return tmp_path / "views.db"


@pytest.fixture
def views(views_path: Path) -> Iterator[ViewsDatabase]:
    views = ViewsDatabase(views_path)
    yield views
    views.close()
