"""What is written beside events, each kind in its table."""

from collections.abc import Sequence
from typing import assert_never

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import moved_on, not_open
from ledger.store.keys import bounded
from ledger.store.sqlite import deadlines, followers, sessions

_encode = msgspec.json.encode
_quarantined = msgspec.json.Decoder(r.Quarantined)


def write_notes(c: SQLiteCursor, notes: Sequence[r.SideWrite]) -> None:
    """Writes all notes. Raises sqlite3.IntegrityError or Conflict where another was first."""
    heard = [(str(n.alert), time_text(n.at)) for n in notes if isinstance(n, r.LastSeen)]
    c.executemany(
        "INSERT INTO last_heard VALUES (?, ?) ON CONFLICT (alert)"
        " DO UPDATE SET at = max(at, excluded.at)",
        heard,
    )
    for note in notes:
        _write(c, note)


def _write(c: SQLiteCursor, note: r.SideWrite) -> None:
    match note:
        case r.LastSeen():
            pass  # written above, all in one go
        case r.ConsumedId():
            c.execute("INSERT INTO ids_taken VALUES (?, ?)", (note.scope, bounded(note.id)))
        case r.Body():
            c.execute(
                "INSERT INTO bodies VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE"
                " SET content = excluded.content WHERE length(excluded.content) > length(content)",
                (note.digest, note.content, note.size),
            )
        case r.IdempotentAnswer():
            oldest = time_text(note.at - r.IDEMPOTENCY_KEPT)
            c.execute("DELETE FROM idempotency WHERE token = ? AND at < ?", (note.token, oldest))
            c.execute(
                "INSERT INTO idempotency VALUES (?, ?, ?, ?)",
                (note.token, bounded(note.key), time_text(note.at), _encode(note)),
            )
        case r.TokenRow():
            c.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, 0, ?)",
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
                "UPDATE tokens SET revoked = 1 WHERE holder_kind = ? AND holder_name = ?",
                (note.holder_kind, note.holder_name),
            )
        case r.Session() | r.SessionSeen() | r.SessionEnded():
            sessions.write(c, note)
        case r.Person():
            c.execute("INSERT INTO people VALUES (?, ?, ?)", (note.id, note.name, note.os_user))
        case r.Quarantined():
            _set_aside(c, note)
        case r.QuarantineClosed():
            _close_entry(c, note)
        case r.PositionMove():
            followers.move(c, note)
        case r.MonthMember():
            followers.keep_member(c, note)
        case r.Deadline():
            deadlines.set_deadline(c, note)
        case r.DeadlineChecked():
            deadlines.record_check(c, note)
        case r.StreamUnchanged():
            _require_unmoved(c, note)
        case _:
            assert_never(note)


def _set_aside(c: SQLiteCursor, note: r.Quarantined) -> None:
    encoded = _encode(note)
    c.execute(
        "INSERT INTO quarantine VALUES (?, ?, ?, 'open', ?, 1, ?, ?, ?)"
        " ON CONFLICT (source, digest) DO UPDATE SET seen = seen + 1,"
        " last_seen_at = max(last_seen_at, excluded.last_seen_at),"
        " state = CASE state WHEN 'retried' THEN 'open' ELSE state END",
        (
            note.id,
            note.source,
            note.identity or note.digest,
            time_text(note.arrived_at),
            time_text(note.last_seen_at),
            r.kept_bytes(note, encoded),
            encoded,
        ),
    )


def _close_entry(c: SQLiteCursor, note: r.QuarantineClosed) -> None:
    c.execute("SELECT entry FROM quarantine WHERE id = ? AND state = 'open'", (note.id,))
    row = c.fetchone()
    if row is None:
        raise not_open(note)
    closed = msgspec.structs.replace(
        _quarantined.decode(row[0]),
        closed_by=note.closed_by,
        closed_at=note.closed_at,
        close_reason=note.close_reason,
    )
    c.execute(
        "UPDATE quarantine SET state = ?, entry = ? WHERE id = ?",
        (note.state, _encode(closed), note.id),
    )


def _require_unmoved(c: SQLiteCursor, note: r.StreamUnchanged) -> None:
    c.execute(
        "SELECT 1 FROM stored_events WHERE originator_id = ? AND originator_version > ?",
        (note.stream, note.version),
    )
    if c.fetchone() is not None:
        raise moved_on(note)
