"""Consumed ids, and answers by idempotency key."""

from collections.abc import Iterable

import msgspec

from ledger.store import side_records as r
from ledger.store.keys import forms
from ledger.store.sqlite.datastore import LedgerDatastore
from ledger.store.sqlite.events import STREAMS_PER_QUERY

_answer = msgspec.json.Decoder(r.IdempotentAnswer)


class SQLiteIdempotency:
    """See `IdempotencyReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def consumed_ids(self, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """See `IdempotencyReads.consumed_ids`."""
        with self._datastore.reading() as c:
            asked = {(scope, form): (scope, name) for scope, name in ids for form in forms(name)}
            wanted = list(asked)
            found: list[tuple[str, str]] = []
            for start in range(0, len(wanted), STREAMS_PER_QUERY):
                chunk = wanted[start : start + STREAMS_PER_QUERY]
                marks = ",".join(["(?,?)"] * len(chunk))
                c.execute(
                    f"WITH wanted(scope, id) AS (VALUES {marks})"  # noqa: S608 - only marks
                    " SELECT t.scope, t.id FROM wanted CROSS JOIN ids_taken AS t USING (scope, id)",
                    [part for pair in chunk for part in pair],
                )
                found += c.fetchall()
            return {asked[pair] for pair in found}

    def answer(self, token: str, key: str) -> r.IdempotentAnswer | None:
        """See `IdempotencyReads.answer`."""
        with self._datastore.reading() as c:
            for form in forms(key):
                c.execute(
                    "SELECT answer FROM idempotency WHERE token = ? AND key = ?", (token, form)
                )
                if (row := c.fetchone()) is not None:
                    return _answer.decode(row[0])
            return None
