"""Tokens, sessions and people."""

from datetime import datetime
from typing import Any

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.postgres.datastore import Datastore

_TOKENS = "SELECT row, revoked FROM airledger.tokens"


_SESSIONS = (
    "SELECT s.digest, s.token, s.begun_at, s.seen_at, g.row FROM airledger.sessions s"
    " LEFT JOIN airledger.session_grants g ON g.digest = s.digest"
)
_PEOPLE = (
    "SELECT id, name, os_user, false AS identified FROM airledger.people"
    " UNION ALL SELECT id, name, NULL, true FROM airledger.identified_people"
)

_PERSON = f"SELECT * FROM ({_PEOPLE}) AS known WHERE id = %s"  # noqa: S608 - no value in it


class PostgresAccess:
    """See `AccessReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def token(self, digest: str) -> r.TokenRow | None:
        """See `AccessReads.token`."""
        found = self._datastore.query(f"{_TOKENS} WHERE digest = %s", (digest,))
        return rows.token_row(found[0]) if found else None

    def tokens(self, holder_kind: str) -> list[r.TokenRow]:
        """See `AccessReads.tokens`."""
        found = self._datastore.query(
            f"{_TOKENS} WHERE holder_kind = %s ORDER BY granted_at", (holder_kind,)
        )
        return [rows.token_row(row) for row in found]

    def token_named(self, name: str) -> str | None:
        """See `AccessReads.token_named`."""
        sql = "SELECT holder_name FROM airledger.token_names WHERE name = %s"
        found = self._datastore.query(sql, (name,))
        return str(found[0][0]) if found else None

    def token_uses(self) -> dict[str, datetime]:
        """See `AccessReads.token_uses`."""
        return rows.times(self._datastore.query("SELECT digest, used_at FROM airledger.token_uses"))

    def session(self, digest: str) -> r.Session | None:
        """See `AccessReads.session`."""
        found = self._datastore.query(f"{_SESSIONS} WHERE s.digest = %s", (digest,))
        return rows.session(found[0]) if found else None

    def sessions(self) -> list[r.Session]:
        """See `AccessReads.sessions`."""
        found = self._datastore.query(f"{_SESSIONS} ORDER BY s.begun_at DESC, s.digest")
        return [rows.session(row) for row in found]

    def people(self) -> list[r.Person]:
        """See `AccessReads.people`."""
        found = self._datastore.query(f"{_PEOPLE} ORDER BY name, identified, id")
        return [_person(row) for row in found]

    def person(self, of: str) -> r.Person | None:
        """See `AccessReads.person`."""
        found = self._datastore.query(_PERSON, (of,))
        return _person(found[0]) if found else None

    def identity(self, issuer: str, subject: str) -> str | None:
        """See `AccessReads.identity`."""
        found = self._datastore.query(
            "SELECT person FROM airledger.identities WHERE issuer = %s AND subject = %b",
            (issuer, subject.encode()),
        )
        return str(found[0][0]) if found else None

    def single_use(self, digest: str) -> r.SingleUse | None:
        """See `AccessReads.single_use`."""
        found = self._datastore.query(
            "SELECT digest, kind, made_at, expires_at, content FROM airledger.single_uses"
            " WHERE digest = %s",
            (digest,),
        )
        return rows.single_use(found[0]) if found else None


def _person(row: tuple[Any, ...]) -> r.Person:
    of, name, os_user, identified = row
    return r.Person(id=of, name=name.decode(), os_user=os_user, identified=identified)
