"""Writes of browser sessions."""

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import side_records as r


def write(c: SQLiteCursor, record: r.Session | r.SessionSeen | r.SessionEnded) -> None:
    """Begins a session, notes its use, or ends it."""
    match record:
        case r.Session():
            at = record.begun_at
            c.execute(
                "DELETE FROM sessions WHERE begun_at < ? OR seen_at < ?",
                (time_text(at - r.SESSION_LONGEST), time_text(at - r.SESSION_IDLE)),
            )
            c.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)",
                (record.digest, record.token, time_text(at), time_text(record.seen_at)),
            )
            c.execute(
                "DELETE FROM session_grants WHERE digest NOT IN (SELECT digest FROM sessions)"
            )
            if record.grant is not None:
                c.execute(
                    "INSERT INTO session_grants VALUES (?, ?)",
                    (record.digest, msgspec.json.encode(record.grant)),
                )
        case r.SessionSeen():
            c.execute(
                "UPDATE sessions SET seen_at = max(seen_at, ?) WHERE digest = ?",
                (time_text(record.at), record.digest),
            )
        case r.SessionEnded():
            c.execute("DELETE FROM session_grants WHERE digest = ?", (record.digest,))
            c.execute("DELETE FROM sessions WHERE digest = ?", (record.digest,))


def end_of_person(c: SQLiteCursor, in_json: bytes) -> None:
    """Ends the sessions whose grants have these bytes: those of a person."""
    c.execute(
        "DELETE FROM sessions WHERE digest IN"
        " (SELECT digest FROM session_grants WHERE instr(row, ?) > 0)",
        (in_json,),
    )
    c.execute("DELETE FROM session_grants WHERE instr(row, ?) > 0", (in_json,))
