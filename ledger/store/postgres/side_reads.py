"""What was written beside events, read back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ledger.policy.times import time_text
from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.keys import forms
from ledger.store.port import Place, QuarantineHeld
from ledger.store.postgres.datastore import Datastore

_answer = msgspec.json.Decoder(r.IdempotentAnswer)
_closed = msgspec.json.Decoder(r.QuarantineClosed)
_QUARANTINE = "SELECT entry, state, seen, last_seen_at, closing FROM airledger.quarantine"
_LISTED = f"""SELECT closing, source,
    CASE WHEN length(entry) <= {rows.LISTED_BYTES} THEN entry END,
    state, seen, last_seen_at, id, digest, arrived_at, kept FROM airledger.quarantine"""  # noqa: S608 - a number of ours
_TOKENS = "SELECT row, revoked FROM airledger.tokens"


def taken(datastore: Datastore, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (scope, id) were taken before."""
    asked = {(scope, form): (scope, name) for scope, name in ids for form in forms(name)}
    found = datastore.query(
        "SELECT scope, id FROM unnest(%b::text[], %b::bytea[]) AS wanted (scope, id)"
        " JOIN airledger.ids_taken USING (scope, id)",
        ([scope for scope, _ in asked], [form.encode() for _, form in asked]),
    )
    return {asked[scope, form.decode()] for scope, form in found}


def answer(datastore: Datastore, token: str, key: str) -> r.IdempotentAnswer | None:
    """What an idempotency key was answered before."""
    found = datastore.query(
        "SELECT answer FROM airledger.idempotency WHERE token = %s AND key = ANY (%b)",
        (token, [form.encode() for form in forms(key)]),
    )
    return _answer.decode(found[0][0]) if found else None


def heard(datastore: Datastore, alerts: Iterable[UUID]) -> dict[UUID, datetime]:
    """When these alerts were last heard of."""
    found = datastore.query(
        "SELECT alert, at FROM airledger.last_heard WHERE alert = ANY (%b)", (list(alerts),)
    )
    return {alert: msgspec.convert(at, datetime) for alert, at in found}


def heard_after(datastore: Datastore, at: datetime, limit: int) -> list[tuple[str, str]]:
    """Alerts that were last heard of after a time, and its text as it is kept."""
    found = datastore.query(
        "SELECT alert, at FROM airledger.last_heard WHERE at > %s ORDER BY at DESC, alert LIMIT %s",
        (time_text(at), limit),
    )
    return [(str(alert), told) for alert, told in found]


def token(datastore: Datastore, digest: str) -> r.TokenRow | None:
    """The token of a digest, revoked or not."""
    found = datastore.query(f"{_TOKENS} WHERE digest = %s", (digest,))
    return rows.token_row(found[0]) if found else None


def tokens(datastore: Datastore, holder_kind: str) -> list[r.TokenRow]:
    """All tokens of a kind of holder, newest last."""
    found = datastore.query(f"{_TOKENS} WHERE holder_kind = %s ORDER BY granted_at", (holder_kind,))
    return [rows.token_row(row) for row in found]


def people(datastore: Datastore) -> list[r.Person]:
    """Everybody the ledger has a name for."""
    found = datastore.query("SELECT id, name, os_user FROM airledger.people ORDER BY name")
    return [r.Person(id=i, name=name.decode(), os_user=user) for i, name, user in found]


def quarantine(
    datastore: Datastore, state: str | None, before: Place | None, limit: int | None
) -> list[r.Quarantined]:
    """What was set aside, newest first. Each state is read from the index, and no further."""
    if before is not None and "\0" in "".join(before):
        return []  # no text there holds U+0000
    behind = "" if before is None else "AND (arrived_at, id) < (%s, %s)"
    found: list[r.Quarantined] = []
    for each in rows.STATES if state is None else (state,):
        listed = datastore.query(
            f"{_LISTED} WHERE state = %s {behind} ORDER BY arrived_at DESC, id DESC LIMIT %s",
            (each, *(before or ()), limit),
        )
        found += [_in_list(*row) for row in listed]
    return rows.newest(found, limit)


def quarantined(datastore: Datastore, entry: str) -> r.Quarantined | None:
    """One entry, by its id."""
    if "\0" in entry:
        return None  # no text there holds U+0000
    found = datastore.query(f"{_QUARANTINE} WHERE id = %s", (entry,))
    return _entry(*found[0]) if found else None


def quarantine_held(datastore: Datastore, source: str) -> QuarantineHeld:
    """What a source has in open entries."""
    [(size, entries)] = datastore.query(
        "SELECT coalesce(sum(kept), 0)::bigint, count(*) FROM airledger.quarantine"
        " WHERE source = %b AND state = 'open'",
        (source.encode(),),
    )
    return QuarantineHeld(size, entries)


def quarantine_count(datastore: Datastore, state: str) -> int:
    """How many entries are in a state."""
    return datastore.number("SELECT count(*) FROM airledger.quarantine WHERE state = %s", state)


def body(datastore: Datastore, digest: str) -> r.Body | None:
    """A kept body."""
    found = datastore.query(
        "SELECT content, size FROM airledger.bodies WHERE digest = %s", (digest,)
    )
    return r.Body(digest=digest, content=found[0][0], size=found[0][1]) if found else None


def _entry(
    entry: bytes, state: str, seen: int, last_seen_at: str, closing: bytes | None
) -> r.Quarantined:
    return _with_closing(rows.quarantined((entry, state, seen, last_seen_at)), closing)


def _in_list(closing: bytes | None, source: bytes, *columns: Any) -> r.Quarantined:
    entry, state, seen, last_seen_at, name, *rest = columns
    listed = (entry, state, seen, last_seen_at, name, source.decode(), *rest)
    return _with_closing(rows.in_list(listed), closing)


def _with_closing(found: r.Quarantined, closing: bytes | None) -> r.Quarantined:
    if found.state == "open" or closing is None:
        return found
    closed = _closed.decode(closing)
    return msgspec.structs.replace(
        found,
        closed_by=closed.closed_by,
        closed_at=closed.closed_at,
        close_reason=closed.close_reason,
    )
