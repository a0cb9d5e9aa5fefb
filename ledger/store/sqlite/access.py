"""Tokens, sessions and people."""

from datetime import datetime
from typing import Any

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.sqlite.datastore import LedgerDatastore

_SESSIONS = (
    "SELECT s.digest, s.token, s.begun_at, s.seen_at, g.row FROM sessions s"
    " LEFT JOIN session_grants g ON g.digest = s.digest"
)
_PEOPLE = (
    "SELECT id, name, os_user, 0 AS identified FROM people"
    " UNION ALL SELECT id, name, NULL, 1 FROM identified_people"
)

_PERSON = f"SELECT * FROM ({_PEOPLE}) WHERE id = ?"  # noqa: S608 - no value in it


class SQLiteAccess:
    """See `AccessReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def token(self, digest: str) -> r.TokenRow | None:
        """See `AccessReads.token`."""
        with self._datastore.reading() as c:
            c.execute("SELECT row, revoked FROM tokens WHERE digest = ?", (digest,))
            row = c.fetchone()
            return rows.token_row(row) if row else None

    def tokens(self, holder_kind: str) -> list[r.TokenRow]:
        """See `AccessReads.tokens`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT row, revoked FROM tokens WHERE holder_kind = ? ORDER BY granted_at",
                (holder_kind,),
            )
            return [rows.token_row(row) for row in c.fetchall()]

    def token_named(self, name: str) -> str | None:
        """See `AccessReads.token_named`."""
        with self._datastore.reading() as c:
            c.execute("SELECT holder_name FROM token_names WHERE name = ?", (name,))
            row = c.fetchone()
            return str(row[0]) if row else None

    def token_uses(self) -> dict[str, datetime]:
        """See `AccessReads.token_uses`."""
        with self._datastore.reading() as c:
            c.execute("SELECT digest, used_at FROM token_uses")
            return rows.times(c.fetchall())

    def session(self, digest: str) -> r.Session | None:
        """See `AccessReads.session`."""
        with self._datastore.reading() as c:
            c.execute(f"{_SESSIONS} WHERE s.digest = ?", (digest,))
            row = c.fetchone()
            return rows.session(row) if row else None

    def sessions(self) -> list[r.Session]:
        """See `AccessReads.sessions`."""
        with self._datastore.reading() as c:
            c.execute(f"{_SESSIONS} ORDER BY s.begun_at DESC, s.digest")
            return [rows.session(row) for row in c.fetchall()]

    def people(self) -> list[r.Person]:
        """See `AccessReads.people`."""
        with self._datastore.reading() as c:
            c.execute(f"{_PEOPLE} ORDER BY name, identified, id")
            return [_person(row) for row in c.fetchall()]

    def person(self, of: str) -> r.Person | None:
        """See `AccessReads.person`."""
        with self._datastore.reading() as c:
            c.execute(_PERSON, (of,))
            row = c.fetchone()
            return _person(row) if row else None

    def identity(self, issuer: str, subject: str) -> str | None:
        """See `AccessReads.identity`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT person FROM identities WHERE issuer = ? AND subject = ?", (issuer, subject)
            )
            row = c.fetchone()
            return str(row[0]) if row else None

    def single_use(self, digest: str) -> r.SingleUse | None:
        """See `AccessReads.single_use`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT digest, kind, made_at, expires_at, content FROM single_uses"
                " WHERE digest = ?",
                (digest,),
            )
            row = c.fetchone()
            return rows.single_use(row) if row else None


def _person(row: tuple[Any, ...]) -> r.Person:
    of, name, os_user, identified = row
    return r.Person(id=of, name=name, os_user=os_user, identified=bool(identified))
