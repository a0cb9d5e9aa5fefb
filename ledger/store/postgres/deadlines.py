"""Deadlines that the clock has to check."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.postgres.datastore import Datastore
from ledger.store.postgres.pool import Connection


class PostgresDeadlines:
    """See `DeadlineReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def due(self, kind: str, before: datetime, limit: int) -> list[r.Deadline]:
        """See `DeadlineReads.due`."""
        rows = self._datastore.query(
            "SELECT subject, at FROM airledger.watched"
            " WHERE kind = %s AND at <= %s ORDER BY at LIMIT %s",
            (kind, time_text(before), limit),
        )
        return [
            r.Deadline(kind=kind, subject=subject, at=msgspec.convert(at, datetime))
            for subject, at in rows
        ]

    def times(self, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
        """See `DeadlineReads.times`."""
        rows = self._datastore.query(
            "SELECT subject, at FROM airledger.watched WHERE kind = %s AND subject = ANY (%b)",
            (kind, list(subjects)),
        )
        return dict(rows)


def set_deadline(c: Connection, note: r.Deadline) -> None:
    """Keeps when to look at a subject, in the place of what was kept of it."""
    c.execute(
        "INSERT INTO airledger.watched VALUES (%s, %s, %s)"
        " ON CONFLICT (kind, subject) DO UPDATE SET at = excluded.at",
        (note.kind, note.subject, time_text(note.at)),
    )


def record_check(c: Connection, note: r.DeadlineChecked) -> None:
    """Keeps when to look again, unless the subject came to be watched at another time."""
    of = (note.kind, note.subject, time_text(note.at))
    if note.again is None:
        c.execute("DELETE FROM airledger.watched WHERE kind = %s AND subject = %s AND at = %s", of)
    else:
        c.execute(
            "UPDATE airledger.watched SET at = %s WHERE kind = %s AND subject = %s AND at = %s",
            (time_text(note.again), *of),
        )
