"""What `airledger verify` says of PostgreSQL's damaged pages, with amcheck or without."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from consumers.container.ledger import open_ledger
from tests.harness.homes import environment, home, on
from tests.harness.installed_postgres import InstalledServer
from tests.harness.postgres import PROGRAM, Database, Server
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.only_on("postgres", "pages of its server are overwritten")

PAGE = 8192
ZEROS, GARBAGE = bytes(PAGE), b"\xa5" * PAGE


@pytest.fixture
def installed_server() -> Iterator[Server]:
    """A server that has the extension amcheck, in no database yet."""
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        server = InstalledServer(Path(directory) / "pg")
        yield server
        server.stop()


def begin(server: Server, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A ledger on this server, which the command line works with from now on."""
    for name, value in environment(tmp_path / "own").items():
        monkeypatch.setenv(name, value)
    there = home(tmp_path / "own")
    assert there is not None
    assert there.database.server is server
    for command in (
        ("token", "add", "ann", "--scope", "read"),
        ("incident", "report", "--title", "Toxic answers", "--system", "chat"),
    ):
        assert 0 == run(*command).status
    with closing(open_ledger(there.settings)) as ledger:
        ledger.seal_and_react()
    return there.database


def damage(database: Database, relation: str, page: bytes) -> None:
    """Overwrites the first page but a B-tree's own, with the server stopped meanwhile."""
    with database.connected() as connection:
        connection.execute("CHECKPOINT")
        [name, is_index] = connection.execute(
            "SELECT pg_relation_filepath(oid), relkind = 'i' FROM pg_class"
            " WHERE oid = %s::regclass",
            (f"airledger.{relation}",),
        ).fetchall()[0]
        [(directory,)] = connection.execute("SHOW data_directory").fetchall()
    database.server.halt()
    try:
        with (Path(directory) / name).open("r+b") as file:
            file.seek(PAGE if is_index else 0)
            file.write(page)
    finally:
        database.server.go_on()


def test_a_page_whose_bytes_are_others_is_named(
    own_server: Server, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on(own_server):
        database = begin(own_server, run, tmp_path, monkeypatch)
        damage(database, "people", GARBAGE)

        verified = run("verify", "--json")

    assert (1, True) == (verified.status, verified.json["ok"])
    [fault] = verified.json["beside"]
    assert fault.startswith("The database says of itself: invalid page in block 0 of relation")
    assert any("amcheck" in note for note in verified.json["notes"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("tokens", " is gone: the log granted it, and the store has none."),
        ("watched", "is open and the clock does not watch it"),
    ],
)
def test_rows_that_a_zeroed_page_took_along_are_missed(
    own_server: Server,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    said: str,
) -> None:
    """PostgreSQL takes a page of zeros for an empty one, and says nothing of it."""
    with on(own_server):
        database = begin(own_server, run, tmp_path, monkeypatch)
        damage(database, table, ZEROS)

        verified = run("verify", "--json")

    assert (1, True) == (verified.status, verified.json["ok"])
    assert any(said in fault for fault in verified.json["beside"]), verified.json["beside"]


@pytest.mark.component("amcheck")
def test_a_zeroed_page_of_an_index_is_named_where_amcheck_is_there(
    installed_server: Server, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on(installed_server):
        database = begin(installed_server, run, tmp_path, monkeypatch)
        assert (0, []) == _beside(run)
        damage(database, "watched_by_time", ZEROS)
        assert (0, []) == _beside(run)  # without the extension nothing looks at it

        with database.connected() as connection:
            connection.execute("CREATE EXTENSION amcheck")
        assert (0, []) == _beside(run)  # its functions are the superuser's alone
        with database.connected() as connection:
            for function in ("bt_index_check(regclass, boolean)", "verify_heapam"):
                connection.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {PROGRAM}")

        status, [fault] = _beside(run)

    assert 1 == status
    assert 'index "watched_by_time"' in fault


@pytest.mark.component("amcheck")
def test_a_row_that_its_index_lacks_and_a_broken_row_are_named_by_amcheck(
    installed_server: Server, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on(installed_server):
        database = begin(installed_server, run, tmp_path, monkeypatch)
        with database.connected() as connection:
            connection.execute("CREATE EXTENSION amcheck")
            for function in ("bt_index_check(regclass, boolean)", "verify_heapam"):
                connection.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {PROGRAM}")
            assert (0, []) == _beside(run)
            lacking = (
                "UPDATE pg_index SET indisready = %s WHERE indexrelid = 'airledger.{}'::regclass"
            )
            lacking = lacking.format("watched_by_time")
            connection.execute(lacking, (False,))
            connection.execute(
                "INSERT INTO airledger.watched VALUES ('rca', gen_random_uuid(), '2999')"
            )
            connection.execute(lacking, (True,))
            # A row pointer that leads behind the page's end.
            [(name,)] = connection.execute(
                "SELECT pg_relation_filepath('airledger.people')"
            ).fetchall()
            [(directory,)] = connection.execute("SHOW data_directory").fetchall()
            connection.execute("CHECKPOINT")
        installed_server.halt()
        with (Path(directory) / name).open("r+b") as file:
            file.seek(24)
            file.write(b"\xff\x7f\xff\xff")
        installed_server.go_on()

        status, faults = _beside(run)

    assert 1 == status
    assert any('"watched_by_time"' in each for each in faults), faults
    assert any("airledger.people, block 0" in each for each in faults), faults


def _beside(run: Run) -> tuple[int, list[str]]:
    ended = run("verify", "--json")
    assert ended.json["ok"]
    return ended.status, ended.json["beside"]
