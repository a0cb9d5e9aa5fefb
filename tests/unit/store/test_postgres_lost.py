"""Connections that are lost, and commits that nobody answers for."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from structlog.testing import CapturingLogger

from ledger.errors import Conflict, Unavailable
from ledger.store.postgres import PostgresStore, locking
from ledger.store.postgres.schema import FORMER_LOCK
from ledger.store.side_records import ConsumedId
from tests.contract.samples import event, log_state, seal_all
from tests.harness.postgres import Database, Server
from tests.harness.process import until

pytestmark = pytest.mark.component("postgres")

DEADLINE = 20
TAKEN = ConsumedId(scope="s", id="1")


@pytest.fixture
def store(database: Database) -> Iterator[PostgresStore]:
    with closing(PostgresStore(database.url)) as store:
        yield store


def waiting(database: Database) -> int:
    """How many wait for the writers' lock."""
    with database.connected() as connection:
        [(count,)] = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchall()
    return int(count)


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """The writers' lock, held by another."""
    with database.connected() as connection, connection.transaction():
        connection.execute("LOCK TABLE airledger.writers IN EXCLUSIVE MODE")
        yield


def test_connections_that_were_lost_while_idle_are_replaced_unseen(
    store: PostgresStore, database: Database
) -> None:
    with ThreadPoolExecutor(3) as threads:
        with locked(database):
            writing = [threads.submit(store.append, [event(f"s{n}", 1)]) for n in range(3)]
            until(lambda: waiting(database) == 3, "three writers wait", within=DEADLINE)
        assert {0, 1, 2} == {each.result(DEADLINE)[0] for each in writing}

    assert 3 <= database.kill_all()
    assert range(3, 4) == store.append([event("s0", 2)])
    assert 4 == store.size()
    assert 2 <= database.kill_all()
    assert 4 == store.size()
    seal_all(store)
    assert log_state(4) == store.log_state()


def test_a_writer_killed_while_it_waits_writes_once(
    store: PostgresStore, database: Database
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with locked(database):
            writing = thread.submit(store.append, [event("a", 1)], [TAKEN])
            until(lambda: waiting(database) == 1, "the writer waits", within=DEADLINE)
            database.kill_all()
        assert range(1) == writing.result(DEADLINE)

    assert 1 == store.size()


class Relay:
    """Stands between a store and its server, and drops the line at the answer to a commit."""

    def __init__(self, server: Path, listening: Path, forwards: Callable[[bytes], bool]) -> None:
        self._server = server
        self._forwards = forwards
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(listening))
        self._listener.listen()
        self.dropped = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server))
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with source, target:
            while data := _received(source):
                if answers and b"COMMIT\0" in data and not self._forwards(data):
                    self.dropped += 1
                    target.shutdown(socket.SHUT_RDWR)
                    return
                try:
                    target.sendall(data)
                except OSError:
                    return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


@pytest.fixture
def answers() -> list[bool]:
    """Whether the answers to the next commits come through; all after them do."""
    return []


@pytest.fixture
def relayed(database: Database, answers: list[bool]) -> Iterator[PostgresStore]:
    """A store over a line that can lose the answer to a commit."""
    with TemporaryDirectory() as directory:
        listening = Path(directory) / ".s.PGSQL.5432"
        relay = Relay(
            Path(database.server.socket) / listening.name,
            listening,
            lambda _: answers.pop(0) if answers else True,
        )
        url = f"postgresql://postgres@/{database.name}?host={directory}"
        with closing(relay), closing(PostgresStore(url)) as store:
            yield store


def test_a_commit_whose_answer_was_lost_answers_its_leaf_indices(
    relayed: PostgresStore, answers: list[bool], store: PostgresStore
) -> None:
    relayed.append([event("a", 1)])
    answers.append(False)

    assert range(1, 3) == relayed.append([event("a", 2), event("b", 1)], [TAKEN])

    assert [] == answers
    assert 3 == store.size()
    assert {("s", "1")} == store.idempotency.consumed_ids([("s", "1")])


def test_whether_a_commit_happened_stays_unknown_where_nobody_can_be_asked(
    relayed: PostgresStore, answers: list[bool], store: PostgresStore
) -> None:
    relayed.append([event("a", 1)])
    answers += [False, False]

    with pytest.raises(Unavailable, match="did not say whether it committed") as unsure:
        relayed.append([event("a", 2)], [TAKEN])

    assert "whole or not at all" in unsure.value.remedy
    assert range(1, 2) == relayed.append([event("a", 2)], [TAKEN])
    assert 2 == store.size()


def test_a_seal_whose_answer_was_lost_is_unavailable_and_can_be_done_again(
    relayed: PostgresStore, answers: list[bool], store: PostgresStore
) -> None:
    relayed.append([event("a", 1)])
    answers.append(False)

    with pytest.raises(Unavailable, match="did not say whether it committed"):
        seal_all(relayed)
    seal_all(relayed)

    assert log_state(1) == store.log_state()


def test_a_writer_that_never_ends_is_given_up_with_a_remedy(
    store: PostgresStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ledger.store.postgres.locking._PATIENCE", "SELECT set_config('lock_timeout', '50', true)"
    )
    with locked(database), pytest.raises(Unavailable) as refused:
        store.append([event("a", 1)])

    assert "Another writer is stuck" in refused.value.remedy
    assert range(1) == store.append([event("a", 1)])


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """A server whose new sessions may only read, as those of a standby."""
    name, server = database.name, database.server
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        yield
    finally:
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")


def test_connections_made_while_the_address_led_to_a_read_only_server_are_not_used_again(
    store: PostgresStore, database: Database
) -> None:
    with read_only(database):
        database.kill_all()
        for call in (lambda: store.append([event("a", 1)]), store.probe, lambda: seal_all(store)):
            with pytest.raises(Unavailable, match="read-only") as refused:
                call()
            assert "Name the primary server" in refused.value.remedy
        assert 0 == store.size()
        made = sessions(database)

    assert range(1) == store.append([event("a", 1)])
    store.probe()
    seal_all(store)
    assert 1 == store.size()
    assert made.isdisjoint(sessions(database))


def sessions(database: Database) -> set[int]:
    """The server's processes that serve us."""
    with database.connected() as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'airledger'"
        ).fetchall()
    return {pid for (pid,) in found}


def test_a_strangers_hold_on_the_lock_of_former_programs_stops_no_writer(
    store: PostgresStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(locking, "log", said)
    stranger = database.user()
    with database.connected(stranger) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (FORMER_LOCK,))
        pid = connection.info.backend_pid
        assert range(1) == store.append([event("a", 1)])
        began = time.monotonic()
        store.probe()
        seal_all(store)
        assert range(1, 2) == store.append([event("a", 2)])
        assert time.monotonic() - began < locking.FORMER_WAIT_SECONDS

    assert [("warning", "former_lock_is_held", pid, stranger)] == [
        (call.method_name, call.args[0], call.kwargs["pid"], call.kwargs["user"])
        for call in said.calls
    ]


@pytest.mark.parametrize("role", [None, "airledger_reader", "airledger_projector"])
def test_only_who_appends_or_seals_may_lock_the_writers_table(
    database: Database, role: str | None
) -> None:
    stranger = database.user(*([role] if role else []))
    with (
        database.connected(stranger) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        connection.transaction(),
    ):
        connection.execute("LOCK TABLE airledger.writers IN ACCESS SHARE MODE")


def test_writers_that_do_not_wait_for_each_other_lose_and_double_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As beside a program of before while a stranger holds the lock that both take."""
    monkeypatch.setattr(locking, "_LOCK", "SELECT 1")
    monkeypatch.setattr(locking, "_AWAIT_FORMER", "SELECT 1")

    def write(writer: int) -> int:
        conflicts = 0
        with closing(PostgresStore(database.url)) as store:
            for version in range(1, 41):
                while True:
                    try:
                        store.append([event(f"own/{writer}", version)])
                        break
                    except Conflict:
                        conflicts += 1
        return conflicts

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, range(3)))
    with closing(PostgresStore(database.url)) as store:
        entries = store.read(0, 1_000, sealed=False)
    assert list(range(120)) == [entry.leaf for entry in entries]


@pytest.mark.slow
def test_a_restart_of_the_server_is_waited_out() -> None:
    with TemporaryDirectory() as directory:
        server = Server(Path(directory) / "pg")
        with (
            server.database(server.template()) as database,
            closing(PostgresStore(database.url)) as store,
        ):
            store.append([event("a", 1)])
            seal_all(store)

            server.restart()

            assert [0] == [entry.leaf for entry in store.read(0, 10)]
            assert range(1, 2) == store.append([event("a", 2)])
            server.halt()
            for call in (store.size, lambda: store.append([event("a", 3)]), store.probe):
                with pytest.raises(Unavailable):
                    call()
            server.go_on()
            until(lambda: works(store), "the store works again", within=DEADLINE)
            assert range(2, 3) == store.append([event("a", 3)])
        server.stop()


def works(store: PostgresStore) -> bool:
    try:
        store.probe()
    except Unavailable:
        return False
    return True


def test_durable_commits_are_asked_for_where_the_server_would_not(
    store: PostgresStore, database: Database
) -> None:
    with database.connected() as connection:
        connection.execute(f"ALTER DATABASE {database.name} SET synchronous_commit = off")
        connection.execute(
            f"ALTER DATABASE {database.name} SET default_transaction_isolation = serializable"
        )
    database.kill_all()

    with store._datastore.writing() as connection:
        told = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("synchronous_commit", "transaction_isolation")
        ]

    assert [("on",), ("read committed",)] == told


def test_nothing_of_a_session_stays_behind(store: PostgresStore) -> None:
    store.append([event("a", 1)], [TAKEN])
    seal_all(store)

    with store._datastore.writing() as connection:
        connection.commit()
        prepared = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        patience = connection.execute("SHOW lock_timeout").fetchone()
        locks = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        ).fetchone()

    assert ((0,), ("0",), (0,)) == (prepared, patience, locks)
