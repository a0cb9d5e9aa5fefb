"""Deadlines that the clock has to check."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import deadline_changed
from ledger.store.sqlite.datastore import LedgerDatastore


class SQLiteDeadlines:
    """See `DeadlineReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def due(self, kind: str, before: datetime, limit: int) -> list[r.Deadline]:
        """See `DeadlineReads.due`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT subject, at FROM watched WHERE kind = ? AND at <= ? ORDER BY at LIMIT ?",
                (kind, time_text(before), limit),
            )
            return [_deadline(kind, row) for row in c.fetchall()]

    def at(self, kind: str, moment: datetime) -> list[r.Deadline]:
        """See `DeadlineReads.at`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT subject, at FROM watched WHERE kind = ? AND at = ?",
                (kind, time_text(moment)),
            )
            return [_deadline(kind, row) for row in c.fetchall()]

    def times(self, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
        """See `DeadlineReads.times`."""
        with self._datastore.reading() as c:
            wanted = msgspec.json.encode([str(subject) for subject in subjects]).decode()
            c.execute(
                "SELECT subject, at FROM json_each(?) AS wanted CROSS JOIN watched"
                " ON kind = ? AND subject = wanted.value",
                (wanted, kind),
            )
            return {UUID(subject): str(at) for subject, at in c.fetchall()}


def _deadline(kind: str, row: tuple[str, str]) -> r.Deadline:
    subject, at = row
    return r.Deadline(kind=kind, subject=UUID(subject), at=msgspec.convert(at, datetime))


def set_deadline(c: SQLiteCursor, record: r.Deadline) -> None:
    """Sets the deadline of a subject, in place of its former one."""
    c.execute(
        "INSERT OR REPLACE INTO watched VALUES (?, ?, ?)",
        (record.kind, str(record.subject), time_text(record.at)),
    )


def claim(c: SQLiteCursor, record: r.DeadlineClaimed) -> None:
    """Sets the time of a deadline by compare-and-set. Raises Conflict."""
    c.execute(
        "UPDATE watched SET at = ? WHERE kind = ? AND subject = ? AND at = ? RETURNING at",
        (time_text(record.until), record.kind, str(record.subject), time_text(record.at)),
    )
    if c.fetchone() is None:
        raise deadline_changed(record)


def record_check(c: SQLiteCursor, record: r.DeadlineChecked) -> None:
    """Sets the next check, unless the deadline was set to another time meanwhile."""
    of = (record.kind, str(record.subject), time_text(record.at))
    if record.again is None:
        c.execute("DELETE FROM watched WHERE kind = ? AND subject = ? AND at = ?", of)
    else:
        c.execute(
            "UPDATE watched SET at = ? WHERE kind = ? AND subject = ? AND at = ?",
            (time_text(record.again), *of),
        )
