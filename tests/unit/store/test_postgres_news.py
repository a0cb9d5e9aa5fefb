"""Who listens is told of appends and seals, and told again once a lost connection is replaced."""

import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import CapturingLogger

from ledger.errors import Conflict
from ledger.store.postgres import PostgresStore, notify_listener
from ledger.store.postgres.schema import READER
from tests.contract.samples import event, log_state, seal_all
from tests.harness.postgres import Database, Server
from tests.harness.process import until

pytestmark = pytest.mark.component("postgres")

DEADLINE = 30
_LISTENERS = """pg_stat_activity WHERE datname = current_database()
    AND query = 'LISTEN airledger_sealed'"""


class Told:
    """What a listener was told since it was asked last; it is told of nothing once it listens."""

    def __init__(self, store: PostgresStore) -> None:
        self.appended = threading.Event()
        self.sealed = threading.Event()
        store.listen(self.appended.set, self.sealed.set)
        self.take()

    def take(self) -> None:
        """Waits until it was told of both."""
        for told in (self.appended, self.sealed):
            assert told.wait(DEADLINE)
            told.clear()


@pytest.fixture
def writer(database: Database) -> Iterator[PostgresStore]:
    with closing(PostgresStore(database.url)) as store:
        yield store


@pytest.fixture
def listening(database: Database) -> Iterator[PostgresStore]:
    """The store of one that may only read."""
    with closing(PostgresStore(database.as_user(database.user(READER)))) as store:
        yield store


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    """What is logged of news."""
    said = CapturingLogger()
    monkeypatch.setattr(notify_listener, "log", said)
    return said


def listeners(database: Database) -> int:
    with database.connected() as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {_LISTENERS}").fetchall()
    return int(count)


def logged(said: CapturingLogger) -> list[tuple[str, str]]:
    return [(call.method_name, call.args[0]) for call in said.calls]


def write(url: str) -> None:
    """Appends an event and seals it, in a process of its own."""
    with closing(PostgresStore(url)) as store:
        store.append([event("a", 1)])
        seal_all(store)


def test_a_reader_is_told_what_another_process_appended_and_sealed(
    listening: PostgresStore, database: Database
) -> None:
    told = Told(listening)

    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        process.submit(write, database.url).result(DEADLINE)

    told.take()
    assert [0] == [entry.leaf for entry in listening.read(0, 10)]


def test_an_append_is_no_news_of_a_seal_nor_a_seal_of_an_append(
    listening: PostgresStore, writer: PostgresStore
) -> None:
    told = Told(listening)

    writer.append([event("a", 1)])
    assert told.appended.wait(DEADLINE)
    assert not told.sealed.is_set()
    told.appended.clear()
    seal_all(writer)
    assert told.sealed.wait(DEADLINE)
    assert not told.appended.is_set()


def test_what_appends_or_seals_nothing_is_no_news(
    writer: PostgresStore, database: Database
) -> None:
    with database.connected() as connection:
        for channel in ("airledger_appended", "airledger_sealed"):
            connection.execute(f"LISTEN {channel}")

        writer.append([])
        writer.probe()
        with suppress(ZeroDivisionError), writer.sealing() as log:
            log.start(log_state(0))
            raise ZeroDivisionError
        with pytest.raises(Conflict):
            writer.append([event("a", 1), event("a", 1)])
        writer.append([event("a", 1), event("a", 2)])
        seal_all(writer)

        heard = [each.channel for each in connection.notifies(timeout=DEADLINE, stop_after=2)]

    assert ["airledger_appended", "airledger_sealed"] == heard


def test_all_that_listen_to_one_store_share_a_connection(
    listening: PostgresStore, writer: PostgresStore, database: Database
) -> None:
    first = Told(listening)
    second = [threading.Event(), threading.Event()]
    listening.listen(second[0].set, second[1].set)

    writer.append([event("a", 1)])
    seal_all(writer)

    first.take()
    assert all(told.wait(DEADLINE) for told in second)
    assert 1 == listeners(database)


def test_a_listener_that_was_cut_off_is_told_at_once_and_again_of_what_follows(
    listening: PostgresStore, writer: PostgresStore, database: Database, said: CapturingLogger
) -> None:
    told = Told(listening)

    with database.connected() as connection:
        killed = connection.execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM {_LISTENERS}"
        ).fetchall()
    assert [(True,)] == killed
    told.take()
    writer.append([event("a", 1)])
    seal_all(writer)
    told.take()

    assert [("warning", "news_lost"), ("info", "news_again")] == logged(said)
    assert 1 == listeners(database)


@pytest.mark.slow
def test_a_restart_of_the_server_is_waited_out_and_said_once(said: CapturingLogger) -> None:
    with TemporaryDirectory() as directory:
        server = Server(Path(directory) / "pg")
        with (
            server.database(server.template()) as database,
            closing(PostgresStore(database.url)) as store,
        ):
            told = Told(store)

            server.halt()
            until(lambda: bool(said.calls), "its loss was noticed", within=DEADLINE)
            server.go_on()
            told.take()
            store.append([event("a", 1)])
            seal_all(store)
            told.take()

            assert [("warning", "news_lost"), ("info", "news_again")] == logged(said)
        server.stop()


def test_a_closed_store_listens_no_more(database: Database) -> None:
    with closing(PostgresStore(database.url)) as store:
        Told(store)
        assert 1 == listeners(database)

    until(lambda: listeners(database) == 0, "the connection is gone", within=DEADLINE)


def test_a_store_that_closes_while_its_server_is_away_does_not_wait_for_it(
    said: CapturingLogger,
) -> None:
    with TemporaryDirectory() as directory:
        absent = notify_listener.NotifyListener(f"postgresql://postgres@/none?host={directory}")
        absent.listen(_never, _never)
        until(lambda: bool(said.calls), "it failed to connect", within=DEADLINE)

        absent.close()

    assert [("warning", "news_lost")] == logged(said)
    assert None is _thread()


def _thread() -> threading.Thread | None:
    return next((each for each in threading.enumerate() if each.name == "news"), None)


def _never() -> None:
    raise AssertionError("nobody is told of anything")
