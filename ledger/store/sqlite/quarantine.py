"""Quarantine entries and kept bodies."""

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.side_ports import Place, QuarantineHeld
from ledger.store.sqlite.datastore import LedgerDatastore

_QUARANTINE = "SELECT entry, state, seen, last_seen_at FROM quarantine"
_LISTED = f"""SELECT CASE WHEN length(entry) <= {rows.LISTED_BYTES} THEN entry END,
    state, seen, last_seen_at, id, source, digest, arrived_at, kept FROM quarantine"""  # noqa: S608 - a number of ours


class SQLiteQuarantine:
    """See `QuarantineReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def entries(
        self, *, state: str | None = None, before: Place | None = None, limit: int | None = None
    ) -> list[r.Quarantined]:
        """See `QuarantineReads.entries`."""
        with self._datastore.reading() as c:
            found: list[r.Quarantined] = []
            behind = "" if before is None else "AND (arrived_at, id) < (?, ?)"
            for each in rows.STATES if state is None else (state,):
                c.execute(
                    f"{_LISTED} WHERE state = ? {behind} ORDER BY arrived_at DESC, id DESC LIMIT ?",
                    (each, *(before or ()), -1 if limit is None else limit),
                )
                found += map(rows.in_list, c.fetchall())
            return rows.newest(found, limit)

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

    def body(self, digest: str) -> r.Body | None:
        """See `QuarantineReads.body`."""
        with self._datastore.reading() as c:
            c.execute("SELECT digest, content, size FROM bodies WHERE digest = ?", (digest,))
            row = c.fetchone()
            return r.Body(digest=row[0], content=row[1], size=row[2]) if row else None
