"""Tokens, sessions and people."""

from datetime import datetime

from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.postgres.datastore import Datastore

_TOKENS = "SELECT row, revoked FROM airledger.tokens"


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
        found = self._datastore.query(
            "SELECT digest, token, begun_at, seen_at FROM airledger.sessions WHERE digest = %s",
            (digest,),
        )
        return rows.session(found[0]) if found else None

    def sessions(self) -> list[r.Session]:
        """See `AccessReads.sessions`."""
        found = self._datastore.query(
            "SELECT digest, token, begun_at, seen_at FROM airledger.sessions"
            " ORDER BY begun_at DESC, digest"
        )
        return [rows.session(row) for row in found]

    def people(self) -> list[r.Person]:
        """See `AccessReads.people`."""
        found = self._datastore.query(
            "SELECT id, name, os_user FROM airledger.people ORDER BY name"
        )
        return [r.Person(id=i, name=name.decode(), os_user=user) for i, name, user in found]
