"""The lock of all who fill read models: a table that nobody else may lock. See docs/adr/0027.

Programs of before take an advisory lock in its place, which any login of the database may take and
keep. For one release it is taken as well, after the table. It is waited for while a user who may
fill read models holds it, for that is a program of before; whoever else keeps it stops nobody.
That is safe: positions move by compare-and-set, so that of two which did not wait for each other
one folds again.
"""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from ledger.store.postgres.schema import PROJECTOR
from projections.engine.postgres.schema import FORMER_LOCK, SCHEMA

log = structlog.get_logger(__name__)

SAID_SECONDS = 60
"""So long who holds the former lock is not said again."""

_LOCK = f"LOCK TABLE {SCHEMA}.writers IN EXCLUSIVE MODE"
_TRY_FORMER = f"SELECT pg_try_advisory_xact_lock({FORMER_LOCK})"
_AWAIT_FORMER = f"SELECT pg_advisory_xact_lock({FORMER_LOCK})"
_HOLDERS = f"""SELECT pid, usename, application_name,
    pid IS NOT NULL AND pg_has_role(usesysid, '{PROJECTOR}', 'MEMBER')
    FROM pg_catalog.pg_locks LEFT JOIN pg_catalog.pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint = {FORMER_LOCK}"""  # noqa: S608 - no value in it


class WritersLock:
    """Has one writer at a time; remembers when it last said who holds the former lock."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def take(self, connection: Connection, *, table: bool) -> None:
        """Waits for the lock, which the transaction then has, for as long as its lock_timeout.

        Without the `table`, in a place that `store init` of before made, it is the former lock
        alone. Statements of their own: the one that follows sees what the writer before committed.
        """
        if table:
            connection.exec_driver_sql(_LOCK)
            if connection.exec_driver_sql(_TRY_FORMER).scalar_one():
                return
            holders = [tuple(row) for row in connection.exec_driver_sql(_HOLDERS)]
            if holders and all(of_ours is False for *_, of_ours in holders):
                self._say(holders)
                return
        connection.exec_driver_sql(_AWAIT_FORMER)

    def _say(self, holders: Sequence[tuple[Any, ...]]) -> None:
        now = time.monotonic()
        if now < self._silent_until:
            return
        self._silent_until = now + SAID_SECONDS
        for pid, user, application, _ in holders:
            log.warning(
                "former_lock_is_held",
                pid=pid,
                user=user,
                application=application,
                reason="Somebody who may not fill read models holds the advisory lock of programs "
                "of before. This process goes on without it; programs of before wait for it.",
                remedy=f"As an administrator, end that session: pg_terminate_backend({pid}).",
            )
