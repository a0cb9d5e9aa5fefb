"""The writers' lock of read models: a table that only projectors may lock. See docs/adr/0027.

Earlier versions use an advisory lock instead, which any login of the database may acquire. For one
release this lock is acquired as well, after the table. A writer waits for it while its holder may
fill read models, since that is an earlier version; any other holder is ignored. That is safe:
positions move by compare-and-set, so that of two concurrent writers one folds again.
"""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from ledger.store.postgres.schema import PROJECTOR
from projections.engine.postgres.schema import FORMER_LOCK, SCHEMA

log = structlog.get_logger(__name__)

LOG_INTERVAL_SECONDS = 60
"""The minimum time between two log lines about the holders of the former lock."""

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
    """Allows one writer at a time; limits how often it logs the holders of the former lock."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def acquire(self, connection: Connection, *, table: bool) -> None:
        """Acquires the lock for the transaction, and waits at most its lock_timeout.

        Without the `table`, in a schema that an earlier `store init` created, it is only the former
        lock. Separate statements: the next one sees what the previous writer committed.
        """
        if table:
            connection.exec_driver_sql(_LOCK)
            if connection.exec_driver_sql(_TRY_FORMER).scalar_one():
                return
            holders = [tuple(row) for row in connection.exec_driver_sql(_HOLDERS)]
            if holders and all(of_ours is False for *_, of_ours in holders):
                self._log_holders(holders)
                return
        connection.exec_driver_sql(_AWAIT_FORMER)

    def _log_holders(self, holders: Sequence[tuple[Any, ...]]) -> None:
        now = time.monotonic()
        if now < self._silent_until:
            return
        self._silent_until = now + LOG_INTERVAL_SECONDS
        for pid, user, application, _ in holders:
            log.warning(
                "former_lock_is_held",
                pid=pid,
                user=user,
                application=application,
                reason="A session that may not fill read models holds the advisory lock of earlier "
                "versions. This process continues without it; earlier versions wait for it.",
                remedy=f"As an administrator, end that session: pg_terminate_backend({pid}).",
            )
