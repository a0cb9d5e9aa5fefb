"""Writes of browser sessions."""

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.postgres.pool import Connection


def write(c: Connection, record: r.Session | r.SessionSeen | r.SessionEnded) -> None:
    """Begins a session, notes its use, or ends it."""
    match record:
        case r.Session():
            at = record.begun_at
            c.execute(
                "DELETE FROM airledger.sessions WHERE begun_at < %s OR seen_at < %s",
                (time_text(at - r.SESSION_LONGEST), time_text(at - r.SESSION_IDLE)),
            )
            c.execute(
                "INSERT INTO airledger.sessions VALUES (%s, %s, %s, %s)",
                (record.digest, record.token, time_text(at), time_text(record.seen_at)),
            )
            c.execute(
                "DELETE FROM airledger.session_grants"
                " WHERE digest NOT IN (SELECT digest FROM airledger.sessions)"
            )
            if record.grant is not None:
                c.execute(
                    "INSERT INTO airledger.session_grants VALUES (%s, %b)",
                    (record.digest, msgspec.json.encode(record.grant)),
                )
        case r.SessionSeen():
            c.execute(
                "UPDATE airledger.sessions SET seen_at = greatest(seen_at, %s) WHERE digest = %s",
                (time_text(record.at), record.digest),
            )
        case r.SessionEnded():
            c.execute("DELETE FROM airledger.session_grants WHERE digest = %s", (record.digest,))
            c.execute("DELETE FROM airledger.sessions WHERE digest = %s", (record.digest,))


def end_of_person(c: Connection, in_json: bytes) -> None:
    """Ends the sessions whose grants have these bytes: those of a person."""
    c.execute(
        "DELETE FROM airledger.sessions WHERE digest IN"
        " (SELECT digest FROM airledger.session_grants g WHERE position(%b in g.row) > 0)",
        (in_json,),
    )
    c.execute("DELETE FROM airledger.session_grants g WHERE position(%b in g.row) > 0", (in_json,))
