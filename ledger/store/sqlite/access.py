"""Tokens, sessions and people."""

from datetime import datetime

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.sqlite.datastore import LedgerDatastore


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
            c.execute(
                "SELECT digest, token, begun_at, seen_at FROM sessions WHERE digest = ?", (digest,)
            )
            row = c.fetchone()
            return rows.session(row) if row else None

    def sessions(self) -> list[r.Session]:
        """See `AccessReads.sessions`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT digest, token, begun_at, seen_at FROM sessions"
                " ORDER BY begun_at DESC, digest"
            )
            return [rows.session(row) for row in c.fetchall()]

    def people(self) -> list[r.Person]:
        """See `AccessReads.people`."""
        with self._datastore.reading() as c:
            c.execute("SELECT id, name, os_user FROM people ORDER BY name")
            return [r.Person(id=i, name=name, os_user=user) for i, name, user in c.fetchall()]
