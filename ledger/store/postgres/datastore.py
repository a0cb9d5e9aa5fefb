"""Connections and transactions, as a ledger needs them.

Nothing outlives a transaction, so that a pooler in transaction mode may stand between: no prepared
statements, no session's settings or locks. Writers and readers have a pool each: a reader never
waits behind writers that wait for each other.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import OperationalError
from psycopg.sql import SQL, Composed, Identifier

from ledger.store.postgres.errors import unavailable, unknown
from ledger.store.postgres.locking import FormerLock, begin
from ledger.store.postgres.pool import Connection, Pool, leads_elsewhere

T = TypeVar("T")
Row = tuple[Any, ...]

READERS, WRITERS = 8, 3

_IS_OWNER = """SELECT bool_and(pg_has_role(c.relowner, 'USAGE')) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'airledger' AND c.relname = ANY (%s)"""

# It warns of what we tell of by an error of our own: a pipeline that ended with its connection.
logging.getLogger("psycopg").setLevel(logging.ERROR)


class CommitUnknown(Exception):
    """The commit was sent, and no answer came; `error` says what came instead."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


class Datastore:
    """Two pools on one database."""

    def __init__(self, url: str) -> None:
        self.former = FormerLock()
        self._writers = Pool(url, WRITERS, autocommit=False)
        self._readers = Pool(url, READERS, autocommit=True)
        self._was_elsewhere = False

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """The rows of one statement that reads, by itself. Raises Unavailable."""

        def rows(connection: Connection) -> list[Row]:
            return connection.execute(sql, params, binary=True).fetchall()

        with translated():
            return self._with(self._readers, rows)

    def vacuum(self, tables: Sequence[str], *, full: bool) -> bool:
        """Vacuums tables where this user may; whether he may. Raises psycopg.Error."""

        def work(connection: Connection) -> bool:
            owner = connection.execute(_IS_OWNER, (list(tables),)).fetchone()
            if owner != (True,):
                return False
            how = SQL("VACUUM (FULL) {}") if full else SQL("VACUUM {}")
            for table in tables:
                connection.execute(how.format(Identifier("airledger", table)))
            return True

        return self._with(self._readers, work)

    def run(self, statement: Composed) -> list[Row]:
        """The rows of a statement that reads, of whatever type. Raises psycopg.Error."""
        return self._with(
            self._readers, lambda connection: connection.execute(statement).fetchall()
        )

    def number(self, sql: str, *params: object) -> int:
        """The one number that a statement reads. Raises Unavailable."""
        [(number,)] = self.query(sql, params)
        return int(number)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Does `work` in a transaction and commits it. `begin` of the locking is its first step.

        Where the connection was lost before its commit, or leads to a server that takes no writes,
        the work is done again with another one; likewise where it waited in vain for the lock of
        former programs.
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
        connection = self._with(self._writers, self._begun, keep=True)
        try:
            with _rolled_back(connection):
                yield connection
                _commit(connection)
        except psycopg.Error as error:
            if leads_elsewhere(error):
                self._forget(connection)
            raise
        finally:
            self._writers.release(connection)

    def _with(self, pool: Pool, work: Callable[[Connection], T], *, keep: bool = False) -> T:
        """Does work with a connection; again with another one where that was lost.

        A restart of the server loses all that are idle in the pool: each is met once.
        """
        for left in reversed(range(pool.most + 1)):
            connection = pool.acquire()
            kept = False
            try:
                result = work(connection)
                if self._was_elsewhere and pool is self._writers:
                    self._was_elsewhere = False
                    self._readers.renew()  # those made meanwhile read what was
                kept = keep
                return result
            except psycopg.Error as error:
                if leads_elsewhere(error):
                    self._forget(connection)
                again = connection.closed or self._waited_in_vain(error)
                if not (left and again):
                    raise
            finally:
                if not kept:
                    pool.release(connection)
        raise OperationalError("every connection was lost")

    def _forget(self, connection: Connection) -> None:
        """Closes a connection, and has those of both pools replaced: all were made by one address.

        A reader of a standby would go on to read what was.
        """
        connection.close()
        self._was_elsewhere = True
        self._writers.renew()
        self._readers.renew()

    def _waited_in_vain(self, error: psycopg.Error) -> bool:
        """Whether somebody holds the lock of former programs, which is not waited for any more."""
        if not isinstance(error, psycopg.errors.LockNotAvailable) or self.former.given_up:
            return False
        return self.former.give_up(self.query)

    def _begun(self, connection: Connection) -> Connection:
        with _rolled_back(connection):
            begin(connection, self.former)
        return connection

    def close(self) -> None:
        """Closes both pools."""
        self._writers.close()
        self._readers.close()


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


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable for whatever the server or the pool raises."""
    try:
        yield
    except CommitUnknown as error:
        raise unknown(error.error) from error
    except psycopg.Error as error:
        raise unavailable(error) from error
