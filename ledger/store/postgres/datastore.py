"""Connections and transactions, as a ledger needs them, over psycopg's pool.

Nothing outlives a transaction, so that a pooler in transaction mode may stand between: no prepared
statements, no session's settings or locks. Writers and readers have a pool each: a reader never
waits behind writers that wait for each other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from ledger.store.postgres.failing import unavailable, unknown
from ledger.store.postgres.schema import WRITERS_LOCK

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]
Pool = ConnectionPool[Connection]
Row = tuple[Any, ...]

WAIT_SECONDS = 10
"""For a connection, and for the writers' lock."""
IDLE_SECONDS = 60
"""A writer that says nothing for so long within a transaction is cut off: others wait for it."""
READERS, WRITERS = 8, 3

_PATIENCE = f"""SELECT set_config('lock_timeout', '{WAIT_SECONDS}s', true),
    set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', true),
    CASE WHEN current_setting('synchronous_commit') = 'off'
    THEN set_config('synchronous_commit', 'on', true) END"""
_LOCK = f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"
_DEFAULTS: dict[str, Any] = {
    "application_name": "airledger",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What libpq is told where the address does not say: a dead server is noticed within 30 s."""


class CommitUnknown(Exception):
    """The commit was sent, and no answer came; `error` says what came instead."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


class Datastore:
    """Two pools on one database."""

    def __init__(self, url: str) -> None:
        told = conninfo_to_dict(url)
        conninfo = make_conninfo(url, **{k: v for k, v in _DEFAULTS.items() if k not in told})
        self._writers = _pool(conninfo, WRITERS, autocommit=False)
        self._readers = _pool(conninfo, READERS, autocommit=True)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """The rows of one statement that reads, by itself. Raises Unavailable."""

        def rows(connection: Connection) -> list[Row]:
            return connection.execute(sql, params, binary=True).fetchall()

        with translated():
            return self._with(self._readers, rows)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Does `work` in a transaction and commits it. `begin` is its first step.

        A connection that was lost before its commit is replaced, once, and the work done again.
        Raises psycopg.Error where nothing was committed, CommitUnknown where that is not known.
        """

        def committed(connection: Connection) -> T:
            with _rolled_back(connection):
                result = work(connection)
                _commit(connection)
            return result

        return self._with(self._writers, committed)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction under the writers' lock; leaving without an exception commits.

        Raises psycopg.Error, or CommitUnknown.
        """
        connection = self._with(self._writers, _begun, keep=True)
        try:
            with _rolled_back(connection):
                yield connection
                _commit(connection)
        finally:
            self._writers.putconn(connection)

    def _with(
        self,
        pool: Pool,
        work: Callable[[Connection], T],
        *,
        keep: bool = False,
        again: bool = True,
    ) -> T:
        """Does work with a connection; `again` with another one where that had been lost."""
        connection = pool.getconn()
        done = False
        try:
            result = work(connection)
            done = True
            return result
        except OperationalError:
            if not (again and connection.closed):
                raise
        finally:
            if not (done and keep):
                pool.putconn(connection)
        pool.check()  # others may have been lost with it, as in a restart of the server
        return self._with(pool, work, keep=keep, again=False)

    def close(self) -> None:
        """Closes both pools."""
        self._writers.close()
        self._readers.close()


def begin(connection: Connection) -> None:
    """Waits for the writers' lock, which the transaction then has.

    A statement of its own: the one that follows sees what the writer before committed.
    """
    connection.execute(_PATIENCE)
    connection.execute(_LOCK)


def _begun(connection: Connection) -> Connection:
    with _rolled_back(connection):
        begin(connection)
    return connection


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except psycopg.Error as error:
        raise CommitUnknown(error) from error


@contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):
            connection.rollback()
        raise


def _pool(conninfo: str, most: int, *, autocommit: bool) -> Pool:
    def configure(connection: Connection) -> None:
        connection.isolation_level = IsolationLevel.READ_COMMITTED

    return ConnectionPool(
        conninfo,
        kwargs={"autocommit": autocommit, "prepare_threshold": None},
        configure=configure,
        min_size=0,
        max_size=most,
        open=True,
        timeout=WAIT_SECONDS,
        reconnect_timeout=WAIT_SECONDS,
        num_workers=1,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable for whatever the server or the pool raises."""
    try:
        yield
    except CommitUnknown as error:
        raise unknown(error.error) from error
    except psycopg.Error as error:
        raise unavailable(error) from error
