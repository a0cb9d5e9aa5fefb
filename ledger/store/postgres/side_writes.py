"""What is record beside events, each kind in its table, in the pipeline of the append.

Nothing is read while the pipeline runs: what has to be looked at afterwards is a `Check`.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import not_open, stream_changed
from ledger.store.keys import bounded
from ledger.store.postgres import deadlines, followers, persons, reads, sessions, texts, tokens
from ledger.store.postgres.pool import Connection

Check = Callable[[], None]
"""To be called when the pipeline is through; raises Conflict where another was first."""

_encode = msgspec.json.encode


def write_side_writes(c: Connection, side_writes: Sequence[r.SideWrite]) -> list[Check]:
    """Writes all of them. psycopg.errors.UniqueViolation or a check tells of a conflict."""
    _consume_ids([record for record in side_writes if isinstance(record, r.ConsumedId)], c)
    _record_seen([record for record in side_writes if isinstance(record, r.LastSeen)], c)
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
    """The latest of each alert: one statement may not update a row twice."""
    latest = {
        record.alert: time_text(record.at) for record in sorted(seen, key=lambda record: record.at)
    }
    if latest:
        c.execute(
            "INSERT INTO airledger.last_heard AS kept SELECT * FROM unnest(%b::uuid[], %b::text[])"
            " ON CONFLICT (alert) DO UPDATE SET at = excluded.at WHERE kept.at < excluded.at",
            (list(latest), list(latest.values())),
        )


def _write(c: Connection, record: r.SideWrite) -> Check | None:
    match record:
        case r.ConsumedId() | r.LastSeen():
            pass  # record above, all of a kind in one statement
        case r.Body():
            c.execute(
                "INSERT INTO airledger.bodies AS kept VALUES (%s, %b, %s)"
                " ON CONFLICT (digest) DO UPDATE SET content = excluded.content"
                " WHERE length(excluded.content) > length(kept.content)",
                (record.digest, record.content, record.size),
            )
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
        case r.TextRow() | r.TextsErased() | r.TextRestored():
            texts.write(c, record)
        case r.ReadNoted():
            reads.write(c, record)
        case r.Person() | r.Identity() | r.SingleUse() | r.SingleUseTaken() | r.PersonErased():
            return persons.write(c, record)
        case r.Quarantined():
            _quarantine(c, record)
        case r.QuarantineClosed():
            return _close_entry(c, record)
        case r.PositionMove():
            return followers.move(c, record)
        case r.MonthMember():
            followers.keep_member(c, record)
        case r.Deadline():
            deadlines.set_deadline(c, record)
        case r.DeadlineChecked():
            deadlines.record_check(c, record)
        case r.StreamUnchanged():
            return _require_unchanged(c, record)
        case _:
            assert_never(record)
    return None


def _quarantine(c: Connection, record: r.Quarantined) -> None:
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
            r.kept_bytes(record, encoded),
            encoded,
        ),
    )


def _close_entry(c: Connection, record: r.QuarantineClosed) -> Check:
    moved = c.execute(
        "UPDATE airledger.quarantine SET state = %s, closing = %b"
        " WHERE id = %s AND state = 'open' RETURNING id",
        (record.state, _encode(record), record.id),
    )

    def check() -> None:
        if moved.fetchone() is None:
            raise not_open(record)

    return check


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
