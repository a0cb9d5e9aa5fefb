"""Writes of persons, of who a provider's subjects are, and of secrets that work once."""

from typing import assert_never

from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import used_before
from ledger.store.sqlite import quarantined, sessions

PersonWrite = r.Person | r.Identity | r.SingleUse | r.SingleUseTaken | r.PersonErased


def write(c: SQLiteCursor, record: PersonWrite) -> None:
    """Writes one. Raises sqlite3.IntegrityError or Conflict where another was first."""
    match record:
        case r.Person(identified=True):
            c.execute(
                "INSERT INTO identified_people VALUES (?, ?) ON CONFLICT (id)"
                " DO UPDATE SET name = excluded.name",
                (record.id, record.name),
            )
        case r.Person():
            c.execute(
                "INSERT INTO people VALUES (?, ?, ?)", (record.id, record.name, record.os_user)
            )
        case r.Identity():
            c.execute(
                "INSERT INTO identities VALUES (?, ?, ?)",
                (record.issuer, record.subject, record.person),
            )
        case r.SingleUse():
            c.execute(
                "DELETE FROM single_uses WHERE kind = ? AND expires_at <= ?",
                (record.kind, time_text(record.made_at)),
            )
            c.execute(
                "DELETE FROM single_uses WHERE digest IN (SELECT digest FROM single_uses"
                " WHERE kind = ? ORDER BY made_at DESC, digest LIMIT -1 OFFSET ?)",
                (record.kind, r.SINGLE_USES - 1),
            )
            c.execute("DELETE FROM single_uses WHERE digest = ?", (record.digest,))
            c.execute(
                "INSERT INTO single_uses VALUES (?, ?, ?, ?, ?)",
                (
                    record.digest,
                    record.kind,
                    time_text(record.made_at),
                    time_text(record.expires_at),
                    record.content,
                ),
            )
        case r.SingleUseTaken():
            c.execute("SELECT 1 FROM single_uses WHERE digest = ?", (record.digest,))
            if c.fetchone() is None:
                raise used_before(record)
            c.execute("DELETE FROM single_uses WHERE digest = ?", (record.digest,))
        case r.PersonErased():
            for table in ("people", "identified_people"):
                c.execute(
                    f"UPDATE {table} SET name = ? WHERE id = ?",  # noqa: S608 - a name of ours
                    (record.name, record.person),
                )
            c.execute("UPDATE people SET os_user = NULL WHERE id = ?", (record.person,))
            c.execute("DELETE FROM identities WHERE person = ?", (record.person,))
            sessions.end_of_person(c, record.in_json)
            c.execute("DELETE FROM single_uses WHERE instr(content, ?) > 0", (record.in_json,))
            quarantined.erase_reasons(c, record.person)
        case _:
            assert_never(record)
