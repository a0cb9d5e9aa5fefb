"""Consumed ids, and answers by idempotency key."""

from collections.abc import Iterable

import msgspec

from ledger.store import side_records as r
from ledger.store.keys import forms
from ledger.store.postgres.datastore import Datastore

_answer = msgspec.json.Decoder(r.IdempotentAnswer)


class PostgresIdempotency:
    """See `IdempotencyReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def consumed_ids(self, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """See `IdempotencyReads.consumed_ids`."""
        asked = {(scope, form): (scope, name) for scope, name in ids for form in forms(name)}
        found = self._datastore.query(
            "SELECT scope, id FROM unnest(%b::text[], %b::bytea[]) AS wanted (scope, id)"
            " JOIN airledger.ids_taken USING (scope, id)",
            ([scope for scope, _ in asked], [form.encode() for _, form in asked]),
        )
        return {asked[scope, form.decode()] for scope, form in found}

    def answer(self, token: str, key: str) -> r.IdempotentAnswer | None:
        """See `IdempotencyReads.answer`."""
        found = self._datastore.query(
            "SELECT answer FROM airledger.idempotency WHERE token = %s AND key = ANY (%b)",
            (token, [form.encode() for form in forms(key)]),
        )
        return _answer.decode(found[0][0]) if found else None
