"""Connections and transactions, as a ledger needs them, over the library's pool.

WAL with synchronous FULL: what was committed survives a power cut. Writers BEGIN IMMEDIATE: a plain
BEGIN that reads, then writes, fails at once with "database is locked" beside another writer.
Readers have a pool of their own: the library's pool lets them wait behind a waiting writer.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    InterfaceError,
    PersistenceError,
)
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from ledger.errors import LedgerError, NeverStorable, Unavailable
from ledger.store.sqlite.place import OpenFile

LOCK_TIMEOUT_SECONDS = 10


class _NoConnection(Exception):
    """A thread whose turn it was got no connection; `cause` says why."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(cause)
        self.cause = cause


class LedgerPool(SQLiteConnectionPool):
    """Opens connections in autocommit mode with the pragmas of a ledger.

    The library's own keep one statement each (`cached_statements=True`) and parse all others anew.
    A file that is away when a thread needs a connection is not made anew: SQLite would remove the
    write-ahead log that other connections still write to, and this one would stay on an empty file.
    """

    def __init__(self, file: OpenFile) -> None:
        super().__init__(db_name=file.uri, pool_timeout=LOCK_TIMEOUT_SECONDS)
        self._file = file

    def _create_connection(self) -> SQLiteConnection:
        self._file.require_in_place()
        opened = self._opened()
        try:
            opened.execute("PRAGMA journal_mode=WAL")
            opened.execute("PRAGMA synchronous=FULL")
            opened.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten with zeros
            self._file.require_in_place()
        except BaseException:
            opened.close()
            raise
        return SQLiteConnection(sqlite_conn=opened, max_age=None)

    def _opened(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(
                self.db_name,
                isolation_level=None,
                check_same_thread=False,
                timeout=LOCK_TIMEOUT_SECONDS,
                uri=True,
                cached_statements=256,
            )
        except sqlite3.Error as error:
            raise InterfaceError(error) from error

    def get_connection(
        self, timeout: float | None = None, *, is_writer: bool | None = None
    ) -> SQLiteConnection:
        """As the library's, which keeps the writers' lock for ever where no connection is had."""
        try:
            return super().get_connection(timeout, is_writer=is_writer)
        except _NoConnection as error:
            if is_writer:
                self._num_writers -= 1
                self._writer_lock.release()
            raise error.cause from error.cause.__cause__

    def _get_connection(self, timeout: float = 0.0) -> SQLiteConnection:
        try:
            return super()._get_connection(timeout)
        except _NoConnection:
            raise
        except Exception as error:
            raise _NoConnection(error) from error

    def put_connection(self, conn: SQLiteConnection) -> None:
        """Takes a connection back; one that was in use when the pool was closed is closed."""
        try:
            super().put_connection(conn)
        except ConnectionPoolClosedError:
            conn.close()

    def close(self) -> None:
        """Closes all that nobody uses; each that is in use is closed once it is put back.

        The library closes those at once. SQLite then reads memory that was freed: the process ends
        with SIGSEGV where another thread was in a statement.
        """
        with self._put_condition:
            self._in_use.clear()
            super().close()


class LedgerDatastore(SQLiteDatastore):
    """The library's datastore with BEGIN IMMEDIATE for what is to be committed."""

    def __init__(self, file: OpenFile) -> None:
        super().__init__(file.uri, originator_id_type="text")
        self.pool = LedgerPool(file)
        self.reads = LedgerPool(file)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """A transaction, rolled back on an exception. Without `commit` a statement reads by itself.

        A call into SQLite lets go of the interpreter's lock and waits to have it again: BEGIN and
        ROLLBACK around one SELECT took longer than the SELECT.
        """
        pool = self.pool if commit else self.reads
        connection = pool.get_connection(is_writer=commit)
        try:
            cursor = connection.cursor()
            if commit:
                cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                if commit:
                    connection.commit()
            finally:
                cursor.sqlite_cursor.close()  # rows not fetched would hold an old snapshot
                connection.rollback()
        finally:
            pool.put_connection(connection)

    @contextmanager
    def outside_transactions(self, *, wait: bool = True) -> Iterator[SQLiteCursor]:
        """A writer's cursor for statements that run in no transaction, nor wait without `wait`."""
        connection = self.pool.get_connection(is_writer=True)
        try:
            cursor = connection.cursor()
            if not wait:
                cursor.execute("PRAGMA busy_timeout = 0")
            try:
                yield cursor
            finally:
                if not wait:
                    cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_SECONDS * 1_000}")
                cursor.sqlite_cursor.close()
        finally:
            self.pool.put_connection(connection)

    @contextmanager
    def reading(self) -> Iterator[SQLiteCursor]:
        """A cursor to read with. Raises Unavailable for whatever the file or the pool raises."""
        with translated(), self.transaction(commit=False) as c:
            yield c

    def close(self) -> None:
        """Closes both pools."""
        self.pool.close()
        self.reads.close()


FAILURES = (sqlite3.Error, PersistenceError, ConnectionPoolClosedError)
"""What the file or the pool raises when it cannot."""


LEFT_FOR = "this ledger moved to "
"""What the triggers of a ledger that moved say first; the address follows."""


def has_left(error: Exception) -> bool:
    """Whether a write was refused because the ledger moved to another store."""
    return str(error).startswith(LEFT_FOR)


_TAKEN = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
    }
)
"""Result codes of a key that is there already, and of a constraint that is not told."""


def is_never_storable(error: Exception) -> bool:
    """Whether the value is at fault, so that the same write is refused at any time.

    It is too long (SQLITE_TOOBIG), or breaks a constraint that is no key.
    """
    if has_left(error):
        return False
    if isinstance(error, sqlite3.IntegrityError):
        return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CONSTRAINT) not in _TAKEN
    return isinstance(error, sqlite3.DataError)


def unavailable(error: Exception) -> LedgerError:
    """The error for a store that cannot do it now, or never, with the remedy where it is known."""
    text = str(error) or type(error).__name__
    if is_never_storable(error):
        return NeverStorable(text)
    if has_left(error):
        # Without the address: this is also said to whoever asks whether we are ready.
        return Unavailable(
            "The ledger of this data directory moved to another store.",
            remedy="Point store.url there (any airledger command on the directory says where);"
            " nothing was recorded.",
        )
    remedy = "Nothing was recorded; the same call may succeed later."
    if "full" in text:
        remedy = "Free room on the disk of the data directory; nothing was recorded."
    elif isinstance(error, ConnectionPoolClosedError):
        text, remedy = "it was closed", "Open it again; nothing was recorded."
    elif "readonly" in text or "unable to open" in text:
        remedy = "Make the data directory writable; nothing was recorded."
    elif "malformed" in text or "not a database" in text:
        remedy = "Restore ledger.db from a backup, then run airledger verify."
    return Unavailable(f"The store cannot do it: {text}.", remedy=remedy)


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable for whatever the file or the pool raises."""
    try:
        yield
    except FAILURES as error:
        raise unavailable(error) from error
