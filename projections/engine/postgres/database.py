"""Read models on PostgreSQL, beside a ledger or in a database of their own.

No state outlives a transaction, so that a pooler in transaction mode works: each begins with one
statement that sets the search path, the time limits and the role.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from ledger.store.postgres.errors import require_address
from ledger.store.postgres.pool import MOST_AGE_SECONDS, WAIT_SECONDS, with_defaults
from ledger.store.postgres.schema import PROJECTOR
from projections.engine.postgres.errors import require_schema, translate_errors
from projections.engine.postgres.locking import WritersLock
from projections.engine.postgres.schema import SCHEMA

IDLE_SECONDS = 60
"""The server ends a session that idles longer than this in a transaction: others wait for it."""
READERS, WRITERS = 8, 3

_READING = f"""SELECT to_regclass('{SCHEMA}.positions') IS NOT NULL AS there,
    set_config('search_path', '{SCHEMA}, pg_temp', true),
    set_config('lock_timeout', '{WAIT_SECONDS}s', true),
    set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', true),
    set_config('row_security', 'off', true),
    CASE WHEN current_setting('restrict_nonsystem_relation_kind', true) IS NOT NULL
    THEN set_config('restrict_nonsystem_relation_kind', 'view, foreign-table', true) END"""
"""The last two: a projector owns these tables, and a view or row policy in place of one would run
with the rights of the reader. Servers from before August 2024 lack the last setting."""
_WRITING = f"""{_READING},
    to_regclass('{SCHEMA}.writers') IS NOT NULL AS lockable,
    set_config('role', '{PROJECTOR}', true),
    set_config('synchronous_commit', 'off', true)"""
"""A crash of the server loses rows and position together, and they are folded again."""


class PostgresViews:
    """See `ViewsDatabase`. Connects on first use."""

    def __init__(self, url: str) -> None:
        """`url` is a "postgresql://..." address. Raises SettingsError for another."""
        require_address(url, "views.url")
        self._lock = WritersLock()
        self._readers = _engine(url, READERS, IsolationLevel.REPEATABLE_READ, read_only=True)
        self._writers = _engine(url, WRITERS, IsolationLevel.READ_COMMITTED, read_only=False)

    @contextmanager
    def begin(self, *, write: bool = False) -> Iterator[Connection]:
        """See `ViewsDatabase.begin`. A writing one holds the writers' lock."""
        with translate_errors(beginning=True):
            connection = self._connect(write=write)
        with translate_errors(), connection:
            yield connection
            if write:
                connection.commit()

    def _connect(self, *, write: bool) -> Connection:
        """A connection in its transaction; retried once if the pooled connection was lost.

        A lost connection removes all older ones from the pool, so that one retry is enough.
        """
        connection = (self._writers if write else self._readers).connect()
        try:
            return _begin_transaction(connection, self._lock if write else None)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        connection = (self._writers if write else self._readers).connect()
        return _begin_transaction(connection, self._lock if write else None)

    def checkpoint(self) -> bool:
        """See `ViewsDatabase.checkpoint`. There is no such file."""
        return True

    def close(self) -> None:
        """See `ViewsDatabase.close`."""
        self._readers.dispose()
        self._writers.dispose()


def _begin_transaction(connection: Connection, lock: WritersLock | None) -> Connection:
    try:
        row = connection.exec_driver_sql(_READING if lock is None else _WRITING).one()
        require_schema(there=row.there)
        if lock is not None:
            lock.acquire(connection, table=row.lockable)
    except BaseException:
        connection.close()
        raise
    return connection


def _engine(url: str, most: int, isolation: IsolationLevel, *, read_only: bool) -> Engine:
    conninfo = with_defaults(url)

    def connect() -> psycopg.Connection:
        connection = psycopg.connect(conninfo, prepare_threshold=None)
        connection.isolation_level = isolation
        connection.read_only = read_only
        return connection

    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=most,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        pool_recycle=MOST_AGE_SECONDS,
        pool_use_lifo=True,
        use_native_hstore=False,
    )
