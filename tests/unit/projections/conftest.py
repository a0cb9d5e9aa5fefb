"""A ledger store on a directory of its own, and read models on either database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger.store.sqlite import SQLiteStore
from projections.engine import ViewsDatabase
from tests.harness.postgres import Server
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


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.component("postgres"))]


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each test that asks for it, or for `views`, runs on both databases."""
    if request.param == "sqlite":
        return File(tmp_path / "views.db")
    return OnServer(request.getfixturevalue("database"))


@pytest.fixture
def views(place: Place) -> Iterator[ViewsDatabase]:
    with place.opened() as views:
        yield views


@pytest.fixture(scope="module", params=DATABASES)
def shared_views(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ViewsDatabase]:
    """Views for all tests of a module: each that asks for them runs on both databases."""
    with ExitStack() as opened:
        if request.param == "sqlite":
            place: Place = File(tmp_path_factory.mktemp("views") / "views.db")
        else:
            server: Server = request.getfixturevalue("postgres_server")
            place = OnServer(opened.enter_context(server.database(server.template())))
        yield opened.enter_context(place.opened())
