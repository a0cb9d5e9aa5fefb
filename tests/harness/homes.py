"""Which store a test's data directories are on: embedded SQLite, or PostgreSQL.

A directory of tests takes part when its conftest imports what this module says at its end. Each of
its tests that asks for a directory then runs once a store, and whatever opens a ledger asks here
what settings its data directory has. With `--stores one`, as in `make test`, end-to-end, property
and slow tests run on one of them: a file's store is chosen by the seed of the run. On PostgreSQL a
data directory has a database of its own, made when it is first asked for and dropped with the
directory; its user has the roles that programs are given and no more. The signing key is then in a
directory beside the data directory.
"""

import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from zlib import crc32

import pytest

from consumers.container.backends import begin_log, open_store
from consumers.container.ledger import open_ledger
from ledger.settings import LogSettings, Settings, StoreSettings, ViewsSettings, variable
from ledger.store.port import Store
from tests.harness.postgres import PROGRAM, Database, Server

PRIVATE = 0o700
COSTLY = ("tests/e2e/", "tests/property/")
"""Where a test file costs a start of servers or a year of events for each store."""
SQLITE, POSTGRES = "sqlite", "postgres"
STORES = {
    SQLITE: pytest.param(SQLITE),
    POSTGRES: pytest.param(POSTGRES, marks=pytest.mark.component("postgres")),
}


class Home:
    """A data directory's place on PostgreSQL."""

    def __init__(self, server: Server, data_dir: Path) -> None:
        self._open = ExitStack()
        self.database: Database = self._open.enter_context(server.database(server.template()))
        self.key_file = data_dir.with_name(f"{data_dir.name}.key") / "log.key"
        url = self.database.as_user(PROGRAM)
        self.settings = Settings(
            data_dir=data_dir,
            store=StoreSettings(url=url),
            views=ViewsSettings(url=url),
            log=LogSettings(key_file=self.key_file),
        )
        self.begun = False

    def copy(self) -> str:
        """Another database with all that is in this one; its name."""
        name = f"{self.database.name}_copy"
        server = self.database.server
        server.copy(self.database.name, name)
        self._open.callback(server.execute, f"DROP DATABASE {name} WITH (FORCE)")
        return name

    def put_back(self, name: str) -> None:
        """This database as that one is."""
        server = self.database.server
        server.execute(f"DROP DATABASE {self.database.name} WITH (FORCE)")
        server.copy(name, self.database.name)

    def leave(self) -> None:
        """Drops it all."""
        self._open.close()


class _Homes:
    """Where the data directories of this process are; without a server all are embedded."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.of: dict[Path, Home] = {}

    def leave(self, below: Path | None = None) -> None:
        """Drops the databases, or those of one directory and what is in it."""
        for directory in [each for each in self.of if below is None or each.is_relative_to(below)]:
            self.of.pop(directory).leave()


_homes = _Homes()


def home(data_dir: Path) -> Home | None:
    """Where a data directory is on PostgreSQL; None where it is embedded."""
    if _homes.server is None:
        return None
    if data_dir not in _homes.of:
        _homes.of[data_dir] = Home(_homes.server, data_dir)
    return _homes.of[data_dir]


def settings_of(data_dir: Path) -> Settings:
    """The settings of a ledger with this data directory; its log is begun."""
    there = home(data_dir)
    if there is None:
        return Settings(data_dir=data_dir)
    if not there.begun:
        there.key_file.parent.mkdir(mode=PRIVATE, parents=True)
        with closing(open_store(there.settings)) as store:
            begin_log(there.settings, store)
        open_ledger(there.settings).close()
        there.begun = True
    return there.settings


def environment(data_dir: Path) -> dict[str, str]:
    """The same settings for another process."""
    given = settings_of(data_dir).model_dump(mode="json", exclude_unset=True)
    groups = {key: each if isinstance(each, dict) else {"": each} for key, each in given.items()}
    return {
        variable(f"{key}.{name}".rstrip(".")): value
        for key, group in groups.items()
        for name, value in group.items()
    }


def store_of(data_dir: Path) -> Store:
    """The store of a data directory, opened once more; no log is begun on it."""
    there = home(data_dir)
    data_dir.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    return open_store(there.settings if there else Settings(data_dir=data_dir))


def duplicate(original: Path, data_dir: Path) -> None:
    """A data directory that is as another one, which nobody has open."""
    there, copy = home(original), home(data_dir)
    if there is not None and copy is not None:
        copy.put_back(there.database.name)
        shutil.copytree(there.key_file.parent, copy.key_file.parent, dirs_exist_ok=True)
        copy.begun = True
    if original.exists():
        shutil.copytree(original, data_dir)


def key_of(data_dir: Path) -> Path:
    """The file of the log's signing key; what was signed last is kept beside it."""
    return settings_of(data_dir).key_path


@contextmanager
def on(server: Server) -> Iterator[None]:
    """Data directories that are first asked for in here are on this server."""
    before, _homes.server = _homes.server, server
    there_before = set(_homes.of)
    try:
        yield
    finally:
        for data_dir in set(_homes.of) - there_before:
            leave(data_dir)
        _homes.server = before


def leave(data_dir: Path) -> None:
    """Ends with a data directory before its test does; all that used it must be closed."""
    _homes.leave(data_dir)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that asks for a directory runs once a store, or only on that of its marker."""
    if "tmp_path_factory" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("only_on")
    named = () if marker is None else STORES.keys() & marker.args
    stores = [STORES[name] for name in named or _stores(metafunc)]
    metafunc.parametrize("tmp_path_factory", stores, indirect=True, scope="module")


def _stores(metafunc: pytest.Metafunc) -> Collection[str]:
    """Both, or the one that this run has for the file."""
    path = metafunc.definition.nodeid.partition("::")[0]
    costly = path.startswith(COSTLY) or metafunc.definition.get_closest_marker("slow")
    if metafunc.config.getoption("stores") == "both" or not costly:
        return STORES
    seed = metafunc.config.getoption("randomly_seed", 0)
    return (tuple(STORES)[crc32(f"{seed} {path}".encode()) % len(STORES)],)


@pytest.fixture(scope="module")
def tmp_path_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[pytest.TempPathFactory]:
    """Makes directories; whatever is made anew a store asks for it, and so is made anew."""
    if request.param == POSTGRES:
        _homes.server = request.getfixturevalue("postgres_server")
    yield tmp_path_factory
    _homes.leave()
    _homes.server = None


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """On which store the test's data directories are."""
    return SQLITE if _homes.server is None else POSTGRES


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A directory of the test's own; the databases of what is in it go with it."""
    yield tmp_path
    leave(tmp_path)
