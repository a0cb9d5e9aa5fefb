"""What was read, by day and reader."""

from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store.read_records import Place, ReadNoted, ReadRow
from ledger.store.sqlite.datastore import LedgerDatastore

_NOTE = """INSERT INTO reads VALUES (?, ?, ?, ?, 1, ?, ?)
    ON CONFLICT (day, reader, kind, subject) DO UPDATE
    SET count = count + 1, last_at = max(last_at, excluded.last_at)"""
_SELECT = "SELECT day, reader, kind, subject, count, first_at, last_at FROM reads"
_PAGE = f"""{_SELECT} WHERE (?1 IS NULL OR day = ?1) AND (?2 IS NULL OR reader = ?2)
    AND (?3 IS NULL OR day < ?3 OR (day = ?3 AND (reader, kind, subject) > (?4, ?5, ?6)))
    ORDER BY day DESC, reader, kind, subject LIMIT ?7"""


def write(c: SQLiteCursor, record: ReadNoted) -> None:
    """Counts a read in its row of the day."""
    at = time_text(record.at)
    c.execute(_NOTE, (record.day, record.reader, record.kind, record.subject, at, at))


class SQLiteReads:
    """See `ReadReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def of_day(self, day: str) -> list[ReadRow]:
        """See `ReadReads.of_day`."""
        with self._datastore.reading() as c:
            c.execute(f"{_SELECT} WHERE day = ? ORDER BY day, reader, kind, subject", (day,))
            return [ReadRow(*row) for row in c.fetchall()]

    def days(self, after: str, before: str) -> list[str]:
        """See `ReadReads.days`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT DISTINCT day FROM reads WHERE day > ? AND day < ? ORDER BY day",
                (after, before),
            )
            return [day for (day,) in c.fetchall()]

    def page(
        self,
        *,
        limit: int,
        day: str | None = None,
        reader: str | None = None,
        behind: Place | None = None,
    ) -> list[ReadRow]:
        """See `ReadReads.page`."""
        with self._datastore.reading() as c:
            c.execute(_PAGE, (day, reader, *(behind or (None,) * 4), limit))
            return [ReadRow(*row) for row in c.fetchall()]
