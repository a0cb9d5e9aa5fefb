"""What is record beside events, each kind in its table."""

from collections.abc import Sequence
from typing import assert_never

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import stream_changed
from ledger.store.keys import bounded
from ledger.store.sqlite import (
    deadlines,
    followers,
    persons,
    points,
    quarantined,
    reads,
    sessions,
    texts,
    tokens,
)

_encode = msgspec.json.encode


def write_side_writes(c: SQLiteCursor, side_writes: Sequence[r.SideWrite]) -> None:
    """Writes all of them. Raises sqlite3.IntegrityError or Conflict where another was first."""
    seen = [(str(n.subject), time_text(n.at)) for n in side_writes if isinstance(n, r.LastSeen)]
    c.executemany(
        "INSERT INTO last_heard VALUES (?, ?) ON CONFLICT (alert)"
        " DO UPDATE SET at = max(at, excluded.at)",
        seen,
    )
    texts.add(c, [record for record in side_writes if isinstance(record, r.TextRow)])
    for record in side_writes:
        _write(c, record)


def _write(c: SQLiteCursor, record: r.SideWrite) -> None:
    match record:
        case r.LastSeen() | r.TextRow():
            pass  # record above, all in one go
        case r.ConsumedId():
            c.execute("INSERT INTO ids_taken VALUES (?, ?)", (record.scope, bounded(record.id)))
        case r.IdempotentAnswer():
            oldest = time_text(record.at - r.IDEMPOTENCY_KEPT)
            c.execute("DELETE FROM idempotency WHERE token = ? AND at < ?", (record.token, oldest))
            c.execute(
                "INSERT INTO idempotency VALUES (?, ?, ?, ?)",
                (record.token, bounded(record.key), time_text(record.at), _encode(record)),
            )
        case r.TokenRow() | r.TokenRevoked() | r.TokenNamed() | r.TokenUsed():
            tokens.write(c, record)
        case r.Session() | r.SessionSeen() | r.SessionEnded():
            sessions.write(c, record)
        case r.TextsErased() | r.TextRestored():
            texts.write(c, record)
        case r.ReadNoted():
            reads.write(c, record)
        case r.Person() | r.Identity() | r.SingleUse() | r.SingleUseTaken() | r.PersonErased():
            persons.write(c, record)
        case r.Body() | r.Quarantined() | r.QuarantineClosed() | r.BodiesErased():
            quarantined.write(c, record)
        case r.PositionMove():
            followers.move(c, record)
        case r.MonthMember():
            followers.keep_member(c, record)
        case r.TicketAddress():
            followers.keep_address(c, record)
        case r.MeasuredPoint():
            points.keep_point(c, record)
        case r.Deadline():
            deadlines.set_deadline(c, record)
        case r.DeadlineClaimed():
            deadlines.claim(c, record)
        case r.DeadlineChecked():
            deadlines.record_check(c, record)
        case r.StreamUnchanged():
            _require_unchanged(c, record)
        case _:
            assert_never(record)


def _require_unchanged(c: SQLiteCursor, record: r.StreamUnchanged) -> None:
    c.execute(
        "SELECT 1 FROM stored_events WHERE originator_id = ? AND originator_version > ?",
        (record.stream, record.version),
    )
    if c.fetchone() is not None:
        raise stream_changed(record)
