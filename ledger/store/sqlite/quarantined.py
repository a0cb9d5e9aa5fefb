"""Writes of bodies and quarantine entries, and what erases them."""

from typing import assert_never

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store.conflicts import not_open
from ledger.store.quarantine_records import (
    BodiesErased,
    Body,
    QuarantineClosed,
    Quarantined,
    erased_entry,
    kept_bytes,
)
from ledger.store.text_records import ERASED_REASON

BodyWrite = Body | Quarantined | QuarantineClosed | BodiesErased

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(Quarantined).decode


def write(c: SQLiteCursor, record: BodyWrite) -> None:
    """Writes one. Raises Conflict where another closed the entry first."""
    match record:
        case Body():
            c.execute(
                "INSERT INTO bodies VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE"
                " SET content = excluded.content WHERE length(excluded.content) > length(content)",
                (record.digest, record.content, record.size),
            )
        case Quarantined():
            _quarantine(c, record)
        case QuarantineClosed():
            _close_entry(c, record)
        case BodiesErased():
            _erase(c, record)
        case _:
            assert_never(record)


def _quarantine(c: SQLiteCursor, record: Quarantined) -> None:
    encoded = _encode(record)
    c.execute(
        "INSERT INTO quarantine VALUES (?, ?, ?, 'open', ?, 1, ?, ?, ?)"
        " ON CONFLICT (source, digest) DO UPDATE SET seen = seen + 1,"
        " last_seen_at = max(last_seen_at, excluded.last_seen_at),"
        " state = CASE state WHEN 'retried' THEN 'open' ELSE state END",
        (
            record.id,
            record.source,
            record.identity or record.digest,
            time_text(record.arrived_at),
            time_text(record.last_seen_at),
            kept_bytes(record, encoded),
            encoded,
        ),
    )


def _close_entry(c: SQLiteCursor, record: QuarantineClosed) -> None:
    c.execute("SELECT entry FROM quarantine WHERE id = ? AND state = 'open'", (record.id,))
    row = c.fetchone()
    if row is None:
        raise not_open(record)
    closed = msgspec.structs.replace(
        _decode(row[0]),
        closed_by=record.closed_by,
        closed_at=record.closed_at,
        close_reason=record.close_reason,
    )
    c.execute(
        "UPDATE quarantine SET state = ?, entry = ? WHERE id = ?",
        (record.state, _encode(closed), record.id),
    )


def _erase(c: SQLiteCursor, record: BodiesErased) -> None:
    """The entries as they are now: another may have closed one meanwhile."""
    c.executemany(
        "UPDATE bodies SET content = x'' WHERE digest = ?", [(each,) for each in record.digests]
    )
    for entry in record.entries:
        c.execute("SELECT entry FROM quarantine WHERE id = ?", (entry.id,))
        if (row := c.fetchone()) is not None:
            erased = erased_entry(_decode(row[0]))
            encoded = _encode(erased)
            c.execute(
                "UPDATE quarantine SET entry = ?, digest = ?, kept = ? WHERE id = ?",
                (encoded, erased.identity, kept_bytes(erased, encoded), entry.id),
            )


def erase_reasons(c: SQLiteCursor, person: str) -> None:
    """Erases the reasons for which a person closed entries."""
    c.execute("SELECT id FROM quarantine WHERE instr(entry, CAST(? AS BLOB)) > 0", (person,))
    for (entry,) in c.fetchall():
        c.execute("SELECT entry FROM quarantine WHERE id = ?", (entry,))
        found = _decode(c.fetchone()[0])
        if found.closed_by == person:
            erased = msgspec.structs.replace(found, close_reason=ERASED_REASON)
            c.execute("UPDATE quarantine SET entry = ? WHERE id = ?", (_encode(erased), entry))
