"""Writes of persons, of who a provider's subjects are, and of secrets that work once."""

from collections.abc import Callable
from typing import assert_never

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import used_before
from ledger.store.postgres import quarantined, sessions
from ledger.store.postgres.pool import Connection

PersonWrite = r.Person | r.Identity | r.SingleUse | r.SingleUseTaken | r.PersonErased


def write(c: Connection, record: PersonWrite) -> Callable[[], None] | None:
    """Writes one. What is returned is called after the pipeline, and raises Conflict."""
    match record:
        case r.Person(identified=True):
            c.execute(
                "INSERT INTO airledger.identified_people VALUES (%s, %b) ON CONFLICT (id)"
                " DO UPDATE SET name = excluded.name",
                (record.id, record.name.encode()),
            )
        case r.Person():
            c.execute(
                "INSERT INTO airledger.people VALUES (%s, %b, %s)",
                (record.id, record.name.encode(), record.os_user),
            )
        case r.Identity():
            c.execute(
                "INSERT INTO airledger.identities VALUES (%s, %b, %s)",
                (record.issuer, record.subject.encode(), record.person),
            )
        case r.SingleUse():
            _keep(c, record)
        case r.SingleUseTaken():
            return _take(c, record)
        case r.PersonErased():
            name, person = record.name.encode(), record.person
            c.execute(
                "UPDATE airledger.people SET name = %b, os_user = NULL WHERE id = %s",
                (name, person),
            )
            c.execute(
                "UPDATE airledger.identified_people SET name = %b WHERE id = %s", (name, person)
            )
            c.execute("DELETE FROM airledger.identities WHERE person = %s", (person,))
            sessions.end_of_person(c, record.in_json)
            c.execute(
                "DELETE FROM airledger.single_uses WHERE position(%b in content) > 0",
                (record.in_json,),
            )
            quarantined.erase_reasons(c, person)
        case _:
            assert_never(record)
    return None


def _keep(c: Connection, record: r.SingleUse) -> None:
    c.execute(
        "DELETE FROM airledger.single_uses WHERE kind = %s AND expires_at <= %s",
        (record.kind, time_text(record.made_at)),
    )
    c.execute(
        "DELETE FROM airledger.single_uses WHERE digest IN (SELECT digest"
        " FROM airledger.single_uses WHERE kind = %s ORDER BY made_at DESC, digest OFFSET %s)",
        (record.kind, r.SINGLE_USES - 1),
    )
    c.execute("DELETE FROM airledger.single_uses WHERE digest = %s", (record.digest,))
    c.execute(
        "INSERT INTO airledger.single_uses VALUES (%s, %s, %s, %s, %b)",
        (
            record.digest,
            record.kind,
            time_text(record.made_at),
            time_text(record.expires_at),
            record.content,
        ),
    )


def _take(c: Connection, record: r.SingleUseTaken) -> Callable[[], None]:
    taken = c.execute(
        "DELETE FROM airledger.single_uses WHERE digest = %s RETURNING digest", (record.digest,)
    )

    def check() -> None:
        if taken.fetchone() is None:
            raise used_before(record)

    return check
