"""What was read, by day and reader."""

from ledger.policy.times import time_text
from ledger.store.postgres.datastore import Datastore
from ledger.store.postgres.pool import Connection
from ledger.store.read_records import Place, ReadNoted, ReadRow

_NOTE = """INSERT INTO airledger.reads AS kept VALUES (%s, %s, %s, %s, 1, %s, %s)
    ON CONFLICT (day, reader, kind, subject) DO UPDATE
    SET count = kept.count + 1, last_at = greatest(kept.last_at, excluded.last_at)"""
_SELECT = "SELECT day, reader, kind, subject, count, first_at, last_at FROM airledger.reads"
_ORDERED = "ORDER BY day DESC, reader, kind, subject LIMIT %s"
_BEHIND = "(day < %s OR (day = %s AND (reader, kind, subject) > (%s, %s, %s)))"


def write(c: Connection, record: ReadNoted) -> None:
    """Counts a read in its row of the day."""
    at = time_text(record.at)
    c.execute(_NOTE, (record.day, record.reader, record.kind.value, record.subject, at, at))


class PostgresReads:
    """See `ReadReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def of_day(self, day: str) -> list[ReadRow]:
        """See `ReadReads.of_day`."""
        sql = f"{_SELECT} WHERE day = %s ORDER BY day, reader, kind, subject"
        return [ReadRow(*row) for row in self._datastore.query(sql, (day,))]

    def days(self, after: str, before: str) -> list[str]:
        """See `ReadReads.days`."""
        sql = "SELECT DISTINCT day FROM airledger.reads WHERE day > %s AND day < %s ORDER BY day"
        return [day for (day,) in self._datastore.query(sql, (after, before))]

    def page(
        self,
        *,
        limit: int,
        day: str | None = None,
        reader: str | None = None,
        behind: Place | None = None,
    ) -> list[ReadRow]:
        """See `ReadReads.page`."""
        conditions, params = ["true"], list[str]()
        if day is not None:
            conditions.append("day = %s")
            params.append(day)
        if reader is not None:
            conditions.append("reader = %s")
            params.append(reader)
        if behind is not None:
            conditions.append(_BEHIND)
            params += [behind[0], *behind]
        sql = f"{_SELECT} WHERE {' AND '.join(conditions)} {_ORDERED}"
        return [ReadRow(*row) for row in self._datastore.query(sql, (*params, limit))]
