"""A ledger store on a directory of its own, and read models on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store.sqlite import SQLiteStore
from projections.engine import ViewsDatabase
from tests.unit.projections.places import File, OnServer, Place
from tests.unit.projections.toy import Log


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "ledger.db")
    yield store
    store.close()


@pytest.fixture
def log(store: SQLiteStore) -> Log:
    return Log(store)


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.component("postgres"))]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each test that asks for it, or for `views`, runs on both databases."""
    if request.param == "sqlite":
        return File(tmp_path / "views.db")
    return OnServer(request.getfixturevalue("database"))


@pytest.fixture
def views(place: Place) -> Iterator[ViewsDatabase]:
    with place.opened() as views:
        yield views
