"""Opening a ledger's file: the migrations it lacks are applied, and one too new is refused."""

import time
from pathlib import Path

from eventsourcing.sqlite import SQLiteCursor

from ledger.store.migrations import EMPTY, SchemaState, pending, program, require_known
from ledger.store.sqlite.datastore import (
    FAILURES,
    LOCK_TIMEOUT_SECONDS,
    LedgerDatastore,
    unavailable,
)
from ledger.store.sqlite.schema import MIGRATIONS, SCHEMA_VERSION

_RECORD = "INSERT INTO schema_history VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?)"


def open_file(path: Path, datastore: LedgerDatastore) -> None:
    """Applies the migrations that the file lacks; a new file lacks all of them.

    Raises SettingsError for a file that needs a newer program, Unavailable.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            with datastore.transaction(commit=False) as c:
                state = _known_state(path, c)
            if pending(MIGRATIONS, state):
                _migrate(path, datastore)
        except FAILURES as error:
            # Two processes that create the file at once: turning on WAL does not wait.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise unavailable(error) from error
            time.sleep(0.01)
        else:
            return


def _migrate(path: Path, datastore: LedgerDatastore) -> None:
    """Applies what is missing under the writers' lock, all of it or nothing."""
    with datastore.transaction(commit=True) as c:
        applied = pending(MIGRATIONS, _known_state(path, c))
        for migration in applied:
            for statement in migration.statements:
                c.execute(statement)
        for migration in applied:
            c.execute(_RECORD, (migration.number, migration.name, program()))
        if applied:
            c.execute(f"PRAGMA user_version = {applied[-1].oldest}")


def _known_state(path: Path, c: SQLiteCursor) -> SchemaState:
    """The state of a file's schema. Raises SettingsError where this program is too old for it."""
    state = schema_state(c)
    require_known(str(path), state, SCHEMA_VERSION)
    return state


def schema_state(c: SQLiteCursor) -> SchemaState:
    """What the file says of its schema."""
    c.execute("PRAGMA user_version")
    oldest = int(c.fetchone()[0])
    c.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_history'")
    if c.fetchone() is None:
        return SchemaState(oldest, oldest) if oldest else EMPTY
    c.execute("SELECT version, program FROM schema_history ORDER BY version DESC LIMIT 1")
    version, by = c.fetchone()
    return SchemaState(version, oldest, by)
