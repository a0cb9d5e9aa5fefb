"""The SQLite store: the port, over the library's recorder and one file."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from eventsourcing.persistence import IntegrityError

from ledger.errors import LedgerError, NeverStorable
from ledger.policy.times import time_text
from ledger.store.conflicts import append_conflict
from ledger.store.port import DatabaseCheck, Entry, LogState, NewEvent
from ledger.store.side_records import SideWrite
from ledger.store.sqlite import events, log, migration_source
from ledger.store.sqlite.access import SQLiteAccess
from ledger.store.sqlite.datastore import (
    FAILURES,
    LedgerDatastore,
    has_left,
    is_never_storable,
    translated,
    unavailable,
)
from ledger.store.sqlite.deadlines import SQLiteDeadlines
from ledger.store.sqlite.followers import SQLiteFollowers
from ledger.store.sqlite.idempotency import SQLiteIdempotency
from ledger.store.sqlite.last_seen import SQLiteLastSeen
from ledger.store.sqlite.opening import open_file
from ledger.store.sqlite.place import OpenFile, make_private, require_no_dangling_link
from ledger.store.sqlite.quarantine import SQLiteQuarantine
from ledger.store.sqlite.raw_bytes import has_bytes, with_sidecars
from ledger.store.sqlite.reads import SQLiteReads
from ledger.store.sqlite.texts import SQLiteTexts
from ledger.store.table_catalogue import WholeTable

MOST_FAULTS = 20
"""So many faults of a damaged file are named; the first few say what to restore."""


class SQLiteStore:
    """See `Store`. The file is created, with its tables, where it is absent."""

    def __init__(self, path: Path) -> None:
        """Opens the file, and makes it private to its owner where it is absent.

        Raises SettingsError where it needs a newer program or is a link to nothing, Unavailable.
        """
        self._path = path
        require_no_dangling_link(path)
        make_private(path)
        self._file = OpenFile(path)
        self._datastore = LedgerDatastore(self._file)
        self._recorder = events.EventRecorder(self._datastore)
        self.idempotency = SQLiteIdempotency(self._datastore)
        self.last_seen = SQLiteLastSeen(self._datastore)
        self.access = SQLiteAccess(self._datastore)
        self.quarantine = SQLiteQuarantine(self._datastore)
        self.followers = SQLiteFollowers(self._datastore)
        self.deadlines = SQLiteDeadlines(self._datastore)
        self.texts = SQLiteTexts(self._datastore)
        self.reads = SQLiteReads(self._datastore)
        try:
            open_file(path, self._datastore)
        except LedgerError:
            self.close()
            raise

    def append(self, new: Sequence[NewEvent], side_writes: Sequence[SideWrite] = ()) -> range:
        """See `Store.append`."""
        self._file.require_in_place()
        try:
            return self._recorder.insert_events(events.to_library(new), side_writes=side_writes)
        except LedgerError:
            raise
        except (sqlite3.IntegrityError, IntegrityError) as error:
            if has_left(error) or is_never_storable(error):
                return self._if_own(new, unavailable(error), error)
            return self._if_own(new, append_conflict(), error)
        except FAILURES as error:
            return self._if_own(new, unavailable(error), error)
        except (UnicodeError, OverflowError) as error:
            raise NeverStorable(str(error)) from error

    def _if_own(self, new: Sequence[NewEvent], failure: LedgerError, cause: Exception) -> range:
        """A commit whose outcome was unknown may have happened: then these very bytes are there."""
        try:
            with self._datastore.reading() as c:
                leaves = events.is_stored(c, new)
        except LedgerError:
            raise failure from cause
        if leaves is None:
            raise failure from cause
        return leaves

    def restore(
        self, first: int, new: Sequence[NewEvent], side_writes: Sequence[SideWrite] = ()
    ) -> None:
        """See `Store.restore`."""
        with translated(), self._datastore.transaction(commit=True) as c:
            events.restore(c, first, new, side_writes)

    def load(self, streams: dict[str, int]) -> dict[str, list[Entry]]:
        """See `Store.load`."""
        with self._datastore.reading() as c:
            return events.load(c, streams)

    def read(self, first: int, limit: int, *, sealed: bool = True) -> list[Entry]:
        """See `Store.read`."""
        with self._datastore.reading() as c:
            return events.read(c, first, limit, sealed=sealed)

    def of_kind(self, kind: str) -> list[Entry]:
        """See `Store.of_kind`."""
        with self._datastore.reading() as c:
            return events.of_kind(c, kind)

    def size(self) -> int:
        """See `Store.size`."""
        with self._datastore.reading() as c:
            c.execute("SELECT coalesce(max(notification_id), 0) FROM stored_events")
            return int(c.fetchone()[0])

    def log_state(self) -> LogState | None:
        """See `Store.log_state`."""
        with self._datastore.reading() as c:
            return log.log_state(c)

    def tile(self, level: int, index: int) -> bytes:
        """See `Store.tile`."""
        with self._datastore.reading() as c:
            return log.tile(c, level, index)

    @contextmanager
    def sealing(self) -> Iterator[log.SQLiteLogTransaction]:
        """See `Store.sealing`."""
        self._file.require_in_place()
        with translated(), self._datastore.transaction(commit=True) as c:
            yield log.SQLiteLogTransaction(c)

    def probe(self) -> None:
        """See `Store.probe`."""
        self._file.require_in_place()
        with translated(), self._datastore.transaction(commit=True) as c:
            events.next_leaf(c)
            c.execute(
                "INSERT INTO probe VALUES (1, 1) ON CONFLICT (only) DO UPDATE SET count = count + 1"
            )

    def check(self) -> DatabaseCheck:
        """See `Store.check`: PRAGMA integrity_check, which compares indexes with their tables."""
        with self._datastore.reading() as c:
            c.execute(f"PRAGMA integrity_check({MOST_FAULTS})")
            faults = [str(fault) for (fault,) in c.fetchall() if fault != "ok"]
        return DatabaseCheck(faults=tuple(faults))

    def scrub(self, *, whole: bool = False, wait: bool = True) -> bool:
        """See `Store.scrub`: empties the write-ahead log, which has pages as they were."""
        with translated(), self._datastore.outside_transactions(wait=wait) as c:
            if whole:
                c.execute("VACUUM")
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _, _ = c.fetchone()
        return not busy

    def needs_scrub(self) -> bool:
        """See `Store.needs_scrub`: whether anything is in the write-ahead log."""
        try:
            return with_sidecars(self._path)[1].stat().st_size > 0
        except FileNotFoundError:
            return False

    def remains(self, needles: Sequence[bytes]) -> bool:
        """See `Store.remains`: of the file and its write-ahead log."""
        return any(has_bytes(path, needles) for path in with_sidecars(self._path))

    def leaving(self) -> migration_source.Leaving | None:
        """Where the ledger moves or moved to; None when it stays."""
        with self._datastore.reading() as c:
            return migration_source.leaving(c)

    def mark_arrived(self, at: datetime) -> None:
        """The store that it moved to has it all; texts and names of persons are no longer here."""
        with translated(), self._datastore.transaction(commit=True) as c:
            migration_source.arrived(c, time_text(at))

    def stay(self) -> None:
        """The ledger does not move, and takes writes again."""
        with translated(), self._datastore.transaction(commit=True) as c:
            migration_source.stay(c)

    def rows(self, table: WholeTable) -> Iterator[tuple[Any, ...]]:
        """Every row of a table as PostgreSQL takes it, streamed."""
        with self._datastore.reading() as c:
            yield from migration_source.rows(c, table)

    def listen(self, appended: Callable[[], None], sealed: Callable[[], None]) -> None:
        """See `Store.listen`. It tells nothing: only polling shows what another wrote."""

    def close(self) -> None:
        """See `Store.close`."""
        self._datastore.close()
