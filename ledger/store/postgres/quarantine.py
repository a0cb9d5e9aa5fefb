"""Quarantine entries and kept bodies."""

from typing import Any

import msgspec

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.postgres.datastore import Datastore
from ledger.store.quarantine_order import list_order, list_place
from ledger.store.side_ports import NEWEST_FIRST, Place, QuarantineHeld

_closed = msgspec.json.Decoder(r.QuarantineClosed)
_QUARANTINE = "SELECT entry, state, seen, last_seen_at, closing FROM airledger.quarantine"
_LISTED = f"""SELECT closing, source,
    CASE WHEN length(entry) <= {rows.LISTED_BYTES} THEN entry END,
    state, seen, last_seen_at, id, digest, arrived_at, kept FROM airledger.quarantine"""  # noqa: S608 - a number of ours

_KEYS = {
    "arrived_at": "arrived_at",
    "last_seen_at": "last_seen_at",
    "source": "source",
    "seen": "seen",
    # Not as JSON: PostgreSQL has no text for the \u0000 that a reason can quote. Every other member
    # of this name is a text.
    "size": f"CASE WHEN length(entry) <= {rows.LISTED_BYTES}"
    """ THEN substring(encode(entry, 'escape') FROM '"size":([0-9]+)')::bigint ELSE kept END""",
}
"""What each sort orders by; the size is that which the list shows."""


class PostgresQuarantine:
    """See `QuarantineReads`."""

    def __init__(self, datastore: Datastore) -> None:
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
        order = list_order(_KEYS, sort, "%s")
        query, more = f"{_LISTED} WHERE state = %s", list[Any]()
        if source is not None:
            query, more = f"{query} AND source = %s", [source.encode()]
        if before is not None:
            place = list[Any](list_place(sort, before))
            if sort.removeprefix("-") == "source":
                place[:2] = [each.encode() for each in place[:2]]
            if any(isinstance(each, str) and "\0" in each for each in place):
                return []  # no text there holds U+0000
            query = f"{query} AND {order.behind}"
            more += place
        found: list[r.Quarantined] = []
        for each in rows.STATES if state is None else (state,):
            listed = self._datastore.query(
                f"{query} ORDER BY {order.by} LIMIT %s", (each, *more, limit)
            )
            found += [_in_list(*row) for row in listed]
        return rows.in_order(found, sort, limit)

    def entry(self, entry: str) -> r.Quarantined | None:
        """See `QuarantineReads.entry`."""
        if "\0" in entry:
            return None  # no text there holds U+0000
        found = self._datastore.query(f"{_QUARANTINE} WHERE id = %s", (entry,))
        return _entry(*found[0]) if found else None

    def held(self, source: str) -> QuarantineHeld:
        """See `QuarantineReads.held`."""
        [(size, entries)] = self._datastore.query(
            "SELECT coalesce(sum(kept), 0)::bigint, count(*) FROM airledger.quarantine"
            " WHERE source = %b AND state = 'open'",
            (source.encode(),),
        )
        return QuarantineHeld(size, entries)

    def count(self, state: str) -> int:
        """See `QuarantineReads.count`."""
        return self._datastore.number(
            "SELECT count(*) FROM airledger.quarantine WHERE state = %s", state
        )

    def bodies(self, after: str, limit: int) -> list[r.Body]:
        """See `QuarantineReads.bodies`."""
        found = self._datastore.query(
            "SELECT digest, content, size FROM airledger.bodies WHERE digest > %s"
            " ORDER BY digest LIMIT %s",
            (after, limit),
        )
        return [r.Body(digest=row[0], content=row[1], size=row[2]) for row in found]

    def body(self, digest: str) -> r.Body | None:
        """See `QuarantineReads.body`."""
        found = self._datastore.query(
            "SELECT content, size FROM airledger.bodies WHERE digest = %s", (digest,)
        )
        return r.Body(digest=digest, content=found[0][0], size=found[0][1]) if found else None


def _entry(
    entry: bytes, state: str, seen: int, last_seen_at: str, closing: bytes | None
) -> r.Quarantined:
    return _with_closing(rows.quarantined((entry, state, seen, last_seen_at)), closing)


def _in_list(closing: bytes | None, source: bytes, *columns: Any) -> r.Quarantined:
    entry, state, seen, last_seen_at, name, *rest = columns
    listed = (entry, state, seen, last_seen_at, name, source.decode(), *rest)
    return _with_closing(rows.in_list(listed), closing)


def _with_closing(found: r.Quarantined, closing: bytes | None) -> r.Quarantined:
    if found.state == "open" or closing is None:
        return found
    closed = _closed.decode(closing)
    return msgspec.structs.replace(
        found,
        closed_by=closed.closed_by,
        closed_at=closed.closed_at,
        close_reason=closed.close_reason,
    )
