"""What is written beside events, each kind in its table, in the pipeline of the append.

Nothing is read while the pipeline runs: what has to be looked at afterwards is a `Check`.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import moved_on, not_open
from ledger.store.keys import bounded
from ledger.store.postgres import deadlines, followers, sessions
from ledger.store.postgres.pool import Connection

Check = Callable[[], None]
"""To be called when the pipeline is through; raises Conflict where another was first."""

_encode = msgspec.json.encode


def write_notes(c: Connection, notes: Sequence[r.SideWrite]) -> list[Check]:
    """Writes all notes. psycopg.errors.UniqueViolation, or a check, says where one was first."""
    _take([note for note in notes if isinstance(note, r.ConsumedId)], c)
    _hear([note for note in notes if isinstance(note, r.LastSeen)], c)
    checks = (_write(c, note) for note in notes)
    return [check for check in checks if check is not None]


def _take(taken: list[r.ConsumedId], c: Connection) -> None:
    if taken:
        c.execute(
            "INSERT INTO airledger.ids_taken SELECT * FROM unnest(%b::text[], %b::bytea[])",
            ([note.scope for note in taken], [bounded(note.id).encode() for note in taken]),
        )


def _hear(heard: list[r.LastSeen], c: Connection) -> None:
    """The latest of each alert: one statement may not update a row twice."""
    latest = {note.alert: time_text(note.at) for note in sorted(heard, key=lambda note: note.at)}
    if latest:
        c.execute(
            "INSERT INTO airledger.last_heard AS kept SELECT * FROM unnest(%b::uuid[], %b::text[])"
            " ON CONFLICT (alert) DO UPDATE SET at = excluded.at WHERE kept.at < excluded.at",
            (list(latest), list(latest.values())),
        )


def _write(c: Connection, note: r.SideWrite) -> Check | None:
    match note:
        case r.ConsumedId() | r.LastSeen():
            pass  # written above, all of a kind in one statement
        case r.Body():
            c.execute(
                "INSERT INTO airledger.bodies AS kept VALUES (%s, %b, %s)"
                " ON CONFLICT (digest) DO UPDATE SET content = excluded.content"
                " WHERE length(excluded.content) > length(kept.content)",
                (note.digest, note.content, note.size),
            )
        case r.IdempotentAnswer():
            oldest = time_text(note.at - r.IDEMPOTENCY_KEPT)
            c.execute(
                "DELETE FROM airledger.idempotency WHERE token = %s AND at < %s",
                (note.token, oldest),
            )
            c.execute(
                "INSERT INTO airledger.idempotency VALUES (%s, %b, %s, %b)",
                (note.token, bounded(note.key).encode(), time_text(note.at), _encode(note)),
            )
        case r.TokenRow():
            c.execute(
                "INSERT INTO airledger.tokens VALUES (%s, %s, %s, %s, false, %b)",
                (
                    note.digest,
                    note.holder_kind,
                    note.holder_name,
                    time_text(note.granted_at),
                    _encode(note),
                ),
            )
        case r.TokenRevoked():
            c.execute(
                "UPDATE airledger.tokens SET revoked = true"
                " WHERE holder_kind = %s AND holder_name = %s",
                (note.holder_kind, note.holder_name),
            )
        case r.Session() | r.SessionSeen() | r.SessionEnded():
            sessions.write(c, note)
        case r.Person():
            c.execute(
                "INSERT INTO airledger.people VALUES (%s, %b, %s)",
                (note.id, note.name.encode(), note.os_user),
            )
        case r.Quarantined():
            _set_aside(c, note)
        case r.QuarantineClosed():
            return _close_entry(c, note)
        case r.PositionMove():
            return followers.move(c, note)
        case r.MonthMember():
            followers.keep_member(c, note)
        case r.Deadline():
            deadlines.set_deadline(c, note)
        case r.DeadlineChecked():
            deadlines.record_check(c, note)
        case r.StreamUnchanged():
            return _require_unmoved(c, note)
        case _:
            assert_never(note)
    return None


def _set_aside(c: Connection, note: r.Quarantined) -> None:
    encoded = _encode(note)
    c.execute(
        "INSERT INTO airledger.quarantine AS kept VALUES (%s, %b, %s, 'open', %s, 1, %s, %s, %b)"
        " ON CONFLICT (source, digest) DO UPDATE SET seen = kept.seen + 1,"
        " last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at),"
        " state = CASE kept.state WHEN 'retried' THEN 'open' ELSE kept.state END",
        (
            note.id,
            note.source.encode(),
            note.identity or note.digest,
            time_text(note.arrived_at),
            time_text(note.last_seen_at),
            r.kept_bytes(note, encoded),
            encoded,
        ),
    )


def _close_entry(c: Connection, note: r.QuarantineClosed) -> Check:
    moved = c.execute(
        "UPDATE airledger.quarantine SET state = %s, closing = %b"
        " WHERE id = %s AND state = 'open' RETURNING id",
        (note.state, _encode(note), note.id),
    )

    def check() -> None:
        if moved.fetchone() is None:
            raise not_open(note)

    return check


def _require_unmoved(c: Connection, note: r.StreamUnchanged) -> Check:
    later = c.execute(
        "SELECT 1 FROM airledger.stored_events"
        " WHERE originator_id = %s AND originator_version > %s LIMIT 1",
        (note.stream, note.version),
    )

    def check() -> None:
        if later.fetchone() is not None:
            raise moved_on(note)

    return check
