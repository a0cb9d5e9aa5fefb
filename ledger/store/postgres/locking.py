"""The lock of all who append or seal: a table that nobody else may lock. See docs/adr/0027.

Programs of before take an advisory lock in its place, which any login of the database may take and
keep. It is taken as well for one release, so that both versions wait for each other; whoever keeps
it costs a wait once a minute and a line in the log, and stops nobody. That is safe: every append
takes the next number of one dense sequence, so that two which did not wait for each other meet in
the primary key, and one of them decides again.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog

from ledger.store.postgres.pool import WAIT_SECONDS, Connection
from ledger.store.postgres.schema import FORMER_LOCK

log = structlog.get_logger(__name__)

IDLE_SECONDS = 60
"""A writer that says nothing for so long within a transaction is cut off: others wait for it."""
FORMER_WAIT_SECONDS = 2
"""For the lock of former programs: they hold it for one commit, which takes milliseconds."""
GIVEN_UP_SECONDS = 60
"""For so long the former lock is not waited for after it was in vain: a writer in every minute
waits, and a rolling upgrade finds the lock again soon."""

_PATIENCE = f"""SELECT set_config('lock_timeout', '{WAIT_SECONDS}s', true),
    set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', true),
    CASE WHEN current_setting('synchronous_commit') = 'off'
    THEN set_config('synchronous_commit', 'on', true) END"""
_LOCK = "LOCK TABLE airledger.writers IN EXCLUSIVE MODE"
_AWAIT_FORMER = f"""SELECT set_config('lock_timeout', '{FORMER_WAIT_SECONDS}s', true),
    pg_advisory_xact_lock({FORMER_LOCK}),
    set_config('lock_timeout', '{WAIT_SECONDS}s', true)"""
_TRY_FORMER = f"SELECT pg_try_advisory_xact_lock({FORMER_LOCK})"
_HOLDER = f"""SELECT pid, usename, application_name FROM pg_catalog.pg_locks
    LEFT JOIN pg_catalog.pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint = {FORMER_LOCK}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS held
        WHERE held.pid = pg_locks.pid AND held.granted AND held.mode = 'ExclusiveLock'
        AND held.relation = 'airledger.writers'::regclass)"""  # noqa: S608 - no value in it


class FormerLock:
    """What a process does about the lock of former programs: waits for it, or tries it only."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def given_up(self) -> bool:
        """Whether it is only tried for now."""
        return time.monotonic() < self._until

    @property
    def statement(self) -> str:
        """What takes it, or tries to."""
        return _TRY_FORMER if self.given_up else _AWAIT_FORMER

    def give_up(self, query: Callable[[str], list[tuple[Any, ...]]]) -> bool:
        """Says who keeps it, and has it only tried for a while; False where nobody does."""
        holders = query(_HOLDER)
        if not holders:
            return False
        self._until = time.monotonic() + GIVEN_UP_SECONDS
        for pid, user, application in holders:
            log.warning(
                "former_lock_is_held",
                pid=pid,
                user=user,
                application=application,
                reason="Somebody holds the advisory lock of programs of before. This process goes "
                "on without it; programs of before wait for it.",
                remedy=f"As an administrator, end that session: pg_terminate_backend({pid}).",
            )
        return True


def begin(connection: Connection, former: FormerLock) -> None:
    """Waits for the writers' lock, which the transaction then has.

    Statements of their own: the one that follows sees what the writer before committed.
    """
    connection.execute(_PATIENCE)
    connection.execute(_LOCK)
    connection.execute(former.statement)
