"""What is record beside events, each kind in its table, in the pipeline of the append.

Nothing is read while the pipeline runs: what has to be looked at afterwards is a `Check`.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import stream_changed
from ledger.store.keys import bounded
from ledger.store.postgres import (
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
from ledger.store.postgres.pool import Connection

Check = Callable[[], None]
"""To be called when the pipeline is through; raises Conflict where another was first."""

_encode = msgspec.json.encode


def write_side_writes(c: Connection, side_writes: Sequence[r.SideWrite]) -> list[Check]:
    """Writes all of them. psycopg.errors.UniqueViolation or a check tells of a conflict."""
    _consume_ids([record for record in side_writes if isinstance(record, r.ConsumedId)], c)
    _record_seen([record for record in side_writes if isinstance(record, r.LastSeen)], c)
    texts.add(c, [record for record in side_writes if isinstance(record, r.TextRow)])
    checks = (_write(c, record) for record in side_writes)
    return [check for check in checks if check is not None]


def _consume_ids(consumed: list[r.ConsumedId], c: Connection) -> None:
    if consumed:
        c.execute(
            "INSERT INTO airledger.ids_taken SELECT * FROM unnest(%b::text[], %b::bytea[])",
            (
                [record.scope for record in consumed],
                [bounded(record.id).encode() for record in consumed],
            ),
        )


def _record_seen(seen: list[r.LastSeen], c: Connection) -> None:
    """The latest of each subject: one statement may not update a row twice."""
    latest = {
        record.subject: time_text(record.at)
        for record in sorted(seen, key=lambda record: record.at)
    }
    if latest:
        c.execute(
            "INSERT INTO airledger.last_heard AS kept SELECT * FROM unnest(%b::uuid[], %b::text[])"
            " ON CONFLICT (alert) DO UPDATE SET at = excluded.at WHERE kept.at < excluded.at",
            (list(latest), list(latest.values())),
        )


def _write(c: Connection, record: r.SideWrite) -> Check | None:
    match record:
        case r.ConsumedId() | r.LastSeen() | r.TextRow():
            pass  # record above, all of a kind in one statement
        case r.IdempotentAnswer():
            oldest = time_text(record.at - r.IDEMPOTENCY_KEPT)
            c.execute(
                "DELETE FROM airledger.idempotency WHERE token = %s AND at < %s",
                (record.token, oldest),
            )
            c.execute(
                "INSERT INTO airledger.idempotency VALUES (%s, %b, %s, %b)",
                (
                    record.token,
                    bounded(record.key).encode(),
                    time_text(record.at),
                    _encode(record),
                ),
            )
        case r.TokenRow() | r.TokenRevoked() | r.TokenNamed() | r.TokenUsed():
            return tokens.write(c, record)
        case r.Session() | r.SessionSeen() | r.SessionEnded():
            sessions.write(c, record)
        case r.TextsErased() | r.TextRestored():
            texts.write(c, record)
        case r.ReadNoted():
            reads.write(c, record)
        case r.Person() | r.Identity() | r.SingleUse() | r.SingleUseTaken() | r.PersonErased():
            return persons.write(c, record)
        case r.Body() | r.Quarantined() | r.QuarantineClosed() | r.BodiesErased():
            return quarantined.write(c, record)
        case r.PositionMove():
            return followers.move(c, record)
        case r.MonthMember():
            followers.keep_member(c, record)
        case r.TicketAddress():
            followers.keep_address(c, record)
        case r.MeasuredPoint():
            points.keep_point(c, record)
        case r.Deadline():
            deadlines.set_deadline(c, record)
        case r.DeadlineClaimed():
            return deadlines.claim(c, record)
        case r.DeadlineChecked():
            deadlines.record_check(c, record)
        case r.StreamUnchanged():
            return _require_unchanged(c, record)
        case _:
            assert_never(record)
    return None


def _require_unchanged(c: Connection, record: r.StreamUnchanged) -> Check:
    later = c.execute(
        "SELECT 1 FROM airledger.stored_events"
        " WHERE originator_id = %s AND originator_version > %s LIMIT 1",
        (record.stream, record.version),
    )

    def check() -> None:
        if later.fetchone() is not None:
            raise stream_changed(record)

    return check
