"""Connections kept for use again: SQLAlchemy's pool, which connects in the thread that asks.

So a server that is away is given at once and by its own error. psycopg's pool connects in a thread
of its own, with growing pauses, while all who ask wait to the end of their time.
"""

import time
from typing import Any, cast

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

Connection = psycopg.Connection[tuple[Any, ...]]

WAIT_SECONDS = 10
"""For a connection, and for the writers' lock."""
MOST_AGE_SECONDS = 3600

_DEFAULTS: dict[str, Any] = {
    "application_name": "airledger",
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""What libpq is given where the address does not say: a dead server is noticed within 30 s."""


_OF_THE_CONNECTION = ("25006", "57P01", "57P02", "57P03", "57P05")
"""SQLSTATEs of a connection that must not be used again, besides class 08. Its transactions may
only read: the address led to a standby, or the server was read-only for a while, and the session
stays so. Or the server shuts down, crashed, or only starts. Or the session was idle too long."""


def leads_elsewhere(error: psycopg.Error) -> bool:
    """Whether an error is one of the connection, so that another one may be better."""
    state = error.sqlstate or ""
    return state in _OF_THE_CONNECTION or state.startswith("08")


class Closed(psycopg.InterfaceError):
    """The pool was closed."""


class Busy(psycopg.OperationalError):
    """Every connection is in use, and none came free in time."""


class Pool:
    """At most `most` connections to one database; the one used last is used next."""

    def __init__(self, url: str, most: int, *, autocommit: bool) -> None:
        self.most = most
        self._conninfo = with_defaults(url)
        self._autocommit = autocommit
        self._closed = False
        self._renewed = 0.0
        self._taken: dict[Connection, PoolProxiedConnection] = {}
        self._pool = QueuePool(
            cast("Any", self._connect),
            pool_size=most,
            max_overflow=0,
            timeout=WAIT_SECONDS,
            recycle=MOST_AGE_SECONDS,
            use_lifo=True,
            reset_on_return=None,
        )

    def acquire(self) -> Connection:
        """A connection, until it is given back. Raises psycopg.Error."""
        if self._closed:
            raise Closed("it was closed")
        proxied = self._connected()
        while proxied.info["since"] < self._renewed:
            proxied.invalidate()
            proxied.close()
            proxied = self._connected()
        connection = cast("Connection", proxied.dbapi_connection)
        self._taken[connection] = proxied
        return connection

    def _connected(self) -> PoolProxiedConnection:
        try:
            proxied = self._pool.connect()
        except NoneFree as error:
            raise Busy(f"all {self.most} connections were busy for {WAIT_SECONDS} s") from error
        proxied.info.setdefault("since", time.monotonic())
        return proxied

    def renew(self) -> None:
        """Has every connection of before replaced when it is asked for next."""
        self._renewed = time.monotonic()

    def release(self, connection: Connection) -> None:
        """Takes a connection back; one that was lost is forgotten."""
        proxied = self._taken.pop(connection)
        if connection.closed or self._closed:
            proxied.invalidate()
        proxied.close()

    def close(self) -> None:
        """Closes what is idle now, and the rest when it is given back."""
        self._closed = True
        self._pool.dispose()

    def _connect(self) -> Connection:
        connection = psycopg.connect(
            self._conninfo, autocommit=self._autocommit, prepare_threshold=None
        )
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        return connection


def with_defaults(url: str) -> str:
    """The address with what it leaves out."""
    given = conninfo_to_dict(url)
    return make_conninfo(url, **{k: v for k, v in _DEFAULTS.items() if k not in given})
