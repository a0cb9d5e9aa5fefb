"""Deadlines that the clock has to check."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import deadline_changed
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
        return [_deadline(kind, row) for row in rows]

    def at(self, kind: str, moment: datetime) -> list[r.Deadline]:
        """See `DeadlineReads.at`."""
        rows = self._datastore.query(
            "SELECT subject, at FROM airledger.watched WHERE kind = %s AND at = %s",
            (kind, time_text(moment)),
        )
        return [_deadline(kind, row) for row in rows]

    def times(self, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
        """See `DeadlineReads.times`."""
        rows = self._datastore.query(
            "SELECT subject, at FROM airledger.watched WHERE kind = %s AND subject = ANY (%b)",
            (kind, list(subjects)),
        )
        return dict(rows)


def _deadline(kind: str, row: tuple[UUID, str]) -> r.Deadline:
    subject, at = row
    return r.Deadline(kind=kind, subject=subject, at=msgspec.convert(at, datetime))


def set_deadline(c: Connection, record: r.Deadline) -> None:
    """Sets the deadline of a subject, in place of its former one."""
    c.execute(
        "INSERT INTO airledger.watched VALUES (%s, %s, %s)"
        " ON CONFLICT (kind, subject) DO UPDATE SET at = excluded.at",
        (record.kind, record.subject, time_text(record.at)),
    )


def claim(c: Connection, record: r.DeadlineClaimed) -> Callable[[], None]:
    """Sets the time of a deadline by compare-and-set; what is returned raises Conflict."""
    claimed = c.execute(
        "UPDATE airledger.watched SET at = %s WHERE kind = %s AND subject = %s AND at = %s"
        " RETURNING at",
        (time_text(record.until), record.kind, record.subject, time_text(record.at)),
    )

    def check() -> None:
        if claimed.fetchone() is None:
            raise deadline_changed(record)

    return check


def record_check(c: Connection, record: r.DeadlineChecked) -> None:
    """Sets the next check, unless the deadline was set to another time meanwhile."""
    of = (record.kind, record.subject, time_text(record.at))
    if record.again is None:
        c.execute("DELETE FROM airledger.watched WHERE kind = %s AND subject = %s AND at = %s", of)
    else:
        c.execute(
            "UPDATE airledger.watched SET at = %s WHERE kind = %s AND subject = %s AND at = %s",
            (time_text(record.again), *of),
        )
