"""Browsers that are logged in."""

from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import rows
from ledger.store import side_records as r


def session(c: SQLiteCursor, digest: str) -> r.Session | None:
    """The session of a cookie's digest, over or not."""
    c.execute("SELECT digest, token, begun_at, seen_at FROM sessions WHERE digest = ?", (digest,))
    row = c.fetchone()
    return rows.session(row) if row else None


def write(c: SQLiteCursor, note: r.Session | r.SessionSeen | r.SessionEnded) -> None:
    """Begins a session, notes its use, or ends it."""
    match note:
        case r.Session():
            at = note.begun_at
            c.execute(
                "DELETE FROM sessions WHERE begun_at < ? OR seen_at < ?",
                (time_text(at - r.SESSION_LONGEST), time_text(at - r.SESSION_IDLE)),
            )
            c.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)",
                (note.digest, note.token, time_text(at), time_text(note.seen_at)),
            )
        case r.SessionSeen():
            c.execute(
                "UPDATE sessions SET seen_at = max(seen_at, ?) WHERE digest = ?",
                (time_text(note.at), note.digest),
            )
        case r.SessionEnded():
            c.execute("DELETE FROM sessions WHERE digest = ?", (note.digest,))
