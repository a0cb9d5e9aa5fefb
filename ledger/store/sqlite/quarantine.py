"""Quarantine entries and kept bodies."""

from typing import Any

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.quarantine_order import list_order, list_place
from ledger.store.side_ports import NEWEST_FIRST, Place, QuarantineHeld
from ledger.store.sqlite.datastore import LedgerDatastore

_QUARANTINE = "SELECT entry, state, seen, last_seen_at FROM quarantine"
_LISTED = f"""SELECT CASE WHEN length(entry) <= {rows.LISTED_BYTES} THEN entry END,
    state, seen, last_seen_at, id, source, digest, arrived_at, kept FROM quarantine"""  # noqa: S608 - a number of ours

_KEYS = {
    "arrived_at": "arrived_at",
    "last_seen_at": "last_seen_at",
    "source": "source",
    "seen": "seen",
    "size": f"CASE WHEN length(entry) <= {rows.LISTED_BYTES}"
    " THEN json_extract(CAST(entry AS TEXT), '$.size') ELSE kept END",
}
"""What each sort orders by; the size is that which the list shows."""


class SQLiteQuarantine:
    """See `QuarantineReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def entries(
        self,
        *,
        state: str | None = None,
        source: str | None = None,
        sort: str = NEWEST_FIRST,
        before: Place | None = None,
        limit: int | None = None,
    ) -> list[r.Quarantined]:
        """See `QuarantineReads.entries`."""
        order = list_order(_KEYS, sort, "?")
        query, more = f"{_LISTED} WHERE state = ?", list[Any]()
        if source is not None:
            query, more = f"{query} AND source = ?", [source]
        if before is not None:
            query = f"{query} AND {order.behind}"
            more += list_place(sort, before)
        with self._datastore.reading() as c:
            found: list[r.Quarantined] = []
            for each in rows.STATES if state is None else (state,):
                c.execute(
                    f"{query} ORDER BY {order.by} LIMIT ?",
                    (each, *more, -1 if limit is None else limit),
                )
                found += map(rows.in_list, c.fetchall())
            return rows.in_order(found, sort, limit)

    def entry(self, entry: str) -> r.Quarantined | None:
        """See `QuarantineReads.entry`."""
        with self._datastore.reading() as c:
            c.execute(f"{_QUARANTINE} WHERE id = ?", (entry,))
            row = c.fetchone()
            return rows.quarantined(row) if row else None

    def held(self, source: str) -> QuarantineHeld:
        """See `QuarantineReads.held`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT coalesce(sum(kept), 0), count(*) FROM quarantine"
                " WHERE source = ? AND state = 'open'",
                (source,),
            )
            return QuarantineHeld(*c.fetchone())

    def count(self, state: str) -> int:
        """See `QuarantineReads.count`."""
        with self._datastore.reading() as c:
            c.execute("SELECT count(*) FROM quarantine WHERE state = ?", (state,))
            return int(c.fetchone()[0])

    def bodies(self, after: str, limit: int) -> list[r.Body]:
        """See `QuarantineReads.bodies`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT digest, content, size FROM bodies WHERE digest > ? ORDER BY digest LIMIT ?",
                (after, limit),
            )
            return [r.Body(digest=row[0], content=row[1], size=row[2]) for row in c.fetchall()]

    def body(self, digest: str) -> r.Body | None:
        """See `QuarantineReads.body`."""
        with self._datastore.reading() as c:
            c.execute("SELECT digest, content, size FROM bodies WHERE digest = ?", (digest,))
            row = c.fetchone()
            return r.Body(digest=row[0], content=row[1], size=row[2]) if row else None
