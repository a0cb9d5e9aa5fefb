"""Read models in a file of SQLite.

It may be deleted at any time, even while in use: it is created again and filled from the ledger.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import msgspec
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.errors import Unavailable
from projections.engine.database import METADATA, is_row_error
from projections.engine.types import to_json

WAIT_MS = 10_000
CHECKPOINT_WAIT_MS = 1_000


class SQLiteViews:
    """See `ViewsDatabase`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._inode: tuple[int, int] | None = None
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            pool_size=8,
            max_overflow=8,
            json_serializer=to_json,
            json_deserializer=msgspec.json.decode,
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def begin(self, *, write: bool = False) -> Iterator[Connection]:
        """See `ViewsDatabase.begin`. A writing one acquires the lock at once."""
        try:
            self._ensure_file()
            with self._engine.connect() as connection:
                connection = connection.execution_options(write=write)  # noqa: PLW2901
                with connection.begin() as transaction:
                    yield connection
                    if not write:
                        transaction.rollback()
        except SQLAlchemyError as error:
            if is_row_error(error):
                raise
            raise _unavailable(error) from error

    def _ensure_file(self) -> None:
        """Creates the file and its tables if they are missing, or were deleted while in use."""
        with self._lock:
            if self._inode is not None and self._inode == _identity(self._path):
                return
            self._engine.dispose()
            with _exclusive_lock(self._path.parent):
                if not self._path.exists():
                    # Remainders of a deleted file do not belong to the new one.
                    for suffix in ("-wal", "-shm"):
                        self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
                with self._engine.connect() as connection:
                    connection = connection.execution_options(write=True)  # noqa: PLW2901
                    with connection.begin():
                        METADATA.create_all(connection)
                self._inode = _identity(self._path)

    def checkpoint(self) -> bool:
        """See `ViewsDatabase.checkpoint`. False where a reader is under way for a second."""
        try:
            self._ensure_file()
            with self._engine.connect() as connection:
                driver = connection.connection.cursor()
                driver.execute(f"PRAGMA busy_timeout={CHECKPOINT_WAIT_MS}")
                try:
                    (busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    driver.execute(f"PRAGMA busy_timeout={WAIT_MS}")
                return not busy
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """See `ViewsDatabase.close`."""
        self._engine.dispose()


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(
        f"The read models cannot be used: {error.__cause__ or error}.",
        remedy="Free disk space for them; views.db is derived and may also be deleted.",
    )


@contextmanager
def _exclusive_lock(directory: Path) -> Iterator[None]:
    """Lets one process at a time create the file."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _prepare(connection: object, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout={WAIT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
