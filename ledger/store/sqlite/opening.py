"""Opening a ledger's file: what it lacks of our tables is made, and a newer schema is refused."""

import time
from collections.abc import Sequence
from pathlib import Path

from eventsourcing.sqlite import SQLiteCursor

from ledger.errors import SettingsError
from ledger.store.sqlite.datastore import (
    FAILURES,
    LOCK_TIMEOUT_SECONDS,
    LedgerDatastore,
    unavailable,
)
from ledger.store.sqlite.schema import SCHEMA_VERSION


def open_file(path: Path, datastore: LedgerDatastore, tables: Sequence[str]) -> None:
    """Sees to it that the file has our tables.

    Raises SettingsError for a schema of the future, Unavailable.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            with datastore.transaction(commit=False) as c:
                version = _version(path, c)
            if version < SCHEMA_VERSION:
                _create(path, datastore, tables)
        except FAILURES as error:
            # Two processes that create the file at once: turning on WAL does not wait.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise unavailable(error) from error
            time.sleep(0.01)
        else:
            return


def _create(path: Path, datastore: LedgerDatastore, tables: Sequence[str]) -> None:
    """Makes what is missing: a newer schema has more tables than an older one, so far."""
    with datastore.transaction(commit=True) as c:
        if _version(path, c) < SCHEMA_VERSION:
            for statement in tables:
                c.execute(statement)
            c.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(path: Path, c: SQLiteCursor) -> int:
    c.execute("PRAGMA user_version")
    version = int(c.fetchone()[0])
    if 0 <= version <= SCHEMA_VERSION:
        return version
    raise SettingsError(
        f"{path} has schema version {version}; this program knows {SCHEMA_VERSION}.",
        remedy="Run the airledger version that wrote it, or a newer one.",
    )
