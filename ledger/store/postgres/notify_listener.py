"""News of appends and seals by NOTIFY, which a thread hears on a connection of its own.

It shortens a wait, and no more: a notification is lost with its connection, and through PgBouncer
in transaction mode none arrives. Whoever listens polls as well.
"""

import threading
from collections.abc import Callable, Collection

import psycopg
import structlog

from ledger.store.postgres.errors import first_line
from ledger.store.postgres.pool import Connection, with_defaults

log = structlog.get_logger(__name__)

APPENDED, SEALED = "airledger_appended", "airledger_sealed"
"""Channels are of one database, and take no right but CONNECT: they carry nothing but the hint."""

_HEED_SECONDS = 0.2
"""How long the end of the store may go unnoticed."""
_PACE_SECONDS = 0.01
"""The pause between two readings: notifications of a burst of appends are handled as one."""
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 10.0
_JOIN_SECONDS = 2.0
"""One that is just connecting to a server that does not answer ends by itself, later."""


class NotifyListener:
    """Tells of what any process appended or sealed (see `Store.listen`)."""

    def __init__(self, url: str) -> None:
        """Takes the address; it connects when somebody listens."""
        self._conninfo = with_defaults(url)
        self._listeners: list[dict[str, Callable[[], None]]] = []
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._lost = False

    def listen(self, appended: Callable[[], None], sealed: Callable[[], None]) -> None:
        """See `Store.listen`. Returns at once: it connects in its own thread."""
        self._listeners.append({APPENDED: appended, SEALED: sealed})
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="news", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        while not self._ending.is_set():
            try:
                with psycopg.connect(
                    self._conninfo, autocommit=True, prepare_threshold=None
                ) as connection:
                    if _is_pooled(connection):
                        log.info("news_not_through_pooler", instead="polling")
                        return
                    self._begin(connection)
                    pause = _SHORTEST_PAUSE_SECONDS
                    self._follow(connection)
            except psycopg.Error as error:
                self._report_lost(error)
                self._ending.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _begin(self, connection: Connection) -> None:
        for channel in (APPENDED, SEALED):
            connection.execute(f"LISTEN {channel}")
        if self._lost:
            log.info("news_again")
            self._lost = False
        self._notify((APPENDED, SEALED))  # earlier notifications were missed

    def _follow(self, connection: Connection) -> None:
        while not self._ending.is_set():
            heard = connection.notifies(timeout=_HEED_SECONDS, stop_after=1)
            self._notify({each.channel for each in heard})
            self._ending.wait(_PACE_SECONDS)

    def _notify(self, channels: Collection[str]) -> None:
        for callbacks in self._listeners:
            for channel in channels:
                callbacks[channel]()

    def _report_lost(self, error: psycopg.Error) -> None:
        if not self._lost:
            log.warning("news_lost", reason=first_line(error), instead="polling")
        self._lost = True


def _is_pooled(connection: Connection) -> bool:
    """Whether a pooler stands between: it answers with keys of its own, not the server's.

    To listen would then leave a registration on a connection that serves others as well.
    """
    [(pid,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
    return bool(pid != connection.info.backend_pid)
