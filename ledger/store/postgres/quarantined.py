"""Writes of bodies and quarantine entries, and what erases them."""

import re
from collections.abc import Callable
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ledger.policy.times import time_text
from ledger.store.conflicts import not_open
from ledger.store.postgres.pool import Connection
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
Check = Callable[[], None]

_encode = msgspec.json.encode


def write(c: Connection, record: BodyWrite) -> Check | None:
    """Writes one. What is returned is called after the pipeline, and raises Conflict."""
    match record:
        case Body():
            c.execute(
                "INSERT INTO airledger.bodies AS kept VALUES (%s, %b, %s)"
                " ON CONFLICT (digest) DO UPDATE SET content = excluded.content"
                " WHERE length(excluded.content) > length(kept.content)",
                (record.digest, record.content, record.size),
            )
        case Quarantined():
            _quarantine(c, record)
        case QuarantineClosed():
            return _close_entry(c, record)
        case BodiesErased():
            _erase(c, record)
        case _:
            assert_never(record)
    return None


def _quarantine(c: Connection, record: Quarantined) -> None:
    encoded = _encode(record)
    c.execute(
        "INSERT INTO airledger.quarantine AS kept VALUES (%s, %b, %s, 'open', %s, 1, %s, %s, %b)"
        " ON CONFLICT (source, digest) DO UPDATE SET seen = kept.seen + 1,"
        " last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at),"
        " state = CASE kept.state WHEN 'retried' THEN 'open' ELSE kept.state END",
        (
            record.id,
            record.source.encode(),
            record.identity or record.digest,
            time_text(record.arrived_at),
            time_text(record.last_seen_at),
            kept_bytes(record, encoded),
            encoded,
        ),
    )


def _close_entry(c: Connection, record: QuarantineClosed) -> Check:
    moved = c.execute(
        "UPDATE airledger.quarantine SET state = %s, closing = %b"
        " WHERE id = %s AND state = 'open' RETURNING id",
        (record.state, _encode(record), record.id),
    )

    def check() -> None:
        if moved.fetchone() is None:
            raise not_open(record)

    return check


def _erase(c: Connection, record: BodiesErased) -> None:
    c.execute(
        "UPDATE airledger.bodies SET content = ''::bytea WHERE digest = ANY (%b::text[])",
        (list(record.digests),),
    )
    for entry in record.entries:
        erased = erased_entry(replace(entry, closed_by=None, closed_at=None, close_reason=None))
        encoded = _encode(erased)
        c.execute(
            "UPDATE airledger.quarantine SET entry = %b, digest = %s, kept = %s,"
            " closing = coalesce(closing, %b::bytea) WHERE id = %s",
            (encoded, erased.identity, kept_bytes(erased, encoded), _closing(entry), entry.id),
        )


def _closing(entry: Quarantined) -> bytes | None:
    """What closed an entry that came from another store: there it is a part of the entry."""
    if entry.closed_by is None or entry.closed_at is None:
        return None
    closed = QuarantineClosed(
        id=entry.id,
        state=entry.state,
        closed_by=entry.closed_by,
        closed_at=entry.closed_at,
        close_reason=entry.close_reason or "",
    )
    return _encode(closed)


def erase_reasons(c: Connection, person: str) -> None:
    """Erases the reasons for which a person closed entries.

    They stand at the end, behind who closed it and when. Not as JSON: PostgreSQL has no text for
    the \\u0000 that a reason can quote. A quotation mark inside a text has a backslash before it.
    """
    by = f',"closed_by":"{person}","closed_at":"'
    pattern = f'^(.*{re.escape(by)}[^"]*","close_reason":)".*"}}$'
    for column in ("closing", "entry"):
        c.execute(
            f"UPDATE airledger.quarantine SET {column} = decode(regexp_replace("  # noqa: S608 - names
            f"encode({column}, 'escape'), %s, %s), 'escape') WHERE position(%b in {column}) > 0",
            (pattern, f'\\1"{ERASED_REASON}"}}', by.encode()),
        )
