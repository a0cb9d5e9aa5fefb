"""What was written beside events, read back."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import rows
from ledger.store import side_records as r
from ledger.store.keys import forms
from ledger.store.port import Place, QuarantineHeld
from ledger.store.sqlite.events import STREAMS_PER_QUERY

_answer = msgspec.json.Decoder(r.IdempotentAnswer)
_QUARANTINE = "SELECT entry, state, seen, last_seen_at FROM quarantine"
_LISTED = f"""SELECT CASE WHEN length(entry) <= {rows.LISTED_BYTES} THEN entry END,
    state, seen, last_seen_at, id, source, digest, arrived_at, kept FROM quarantine"""  # noqa: S608 - a number of ours


def taken(c: SQLiteCursor, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (scope, id) were taken before."""
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


def answer(c: SQLiteCursor, token: str, key: str) -> r.IdempotentAnswer | None:
    """What an idempotency key was answered before."""
    for form in forms(key):
        c.execute("SELECT answer FROM idempotency WHERE token = ? AND key = ?", (token, form))
        if (row := c.fetchone()) is not None:
            return _answer.decode(row[0])
    return None


def heard(c: SQLiteCursor, alerts: Iterable[UUID]) -> dict[UUID, datetime]:
    """When these alerts were last heard of."""
    wanted = msgspec.json.encode(list(alerts)).decode()
    c.execute(
        "SELECT alert, at FROM json_each(?) AS wanted CROSS JOIN last_heard"
        " ON alert = wanted.value",
        (wanted,),
    )
    return {UUID(alert): msgspec.convert(at, datetime) for alert, at in c.fetchall()}


def heard_after(c: SQLiteCursor, at: datetime, limit: int) -> list[tuple[str, str]]:
    """Alerts that were last heard of after a time, and its text as it is kept."""
    c.execute(
        "SELECT alert, at FROM last_heard WHERE at > ? ORDER BY at DESC, alert LIMIT ?",
        (time_text(at), limit),
    )
    return [(str(alert), str(told)) for alert, told in c.fetchall()]


def token(c: SQLiteCursor, digest: str) -> r.TokenRow | None:
    """The token of a digest, revoked or not."""
    c.execute("SELECT row, revoked FROM tokens WHERE digest = ?", (digest,))
    row = c.fetchone()
    return rows.token_row(row) if row else None


def tokens(c: SQLiteCursor, holder_kind: str) -> list[r.TokenRow]:
    """All tokens of a kind of holder, newest last."""
    c.execute(
        "SELECT row, revoked FROM tokens WHERE holder_kind = ? ORDER BY granted_at",
        (holder_kind,),
    )
    return [rows.token_row(row) for row in c.fetchall()]


def people(c: SQLiteCursor) -> list[r.Person]:
    """Everybody the ledger has a name for."""
    c.execute("SELECT id, name, os_user FROM people ORDER BY name")
    return [r.Person(id=i, name=name, os_user=user) for i, name, user in c.fetchall()]


def quarantine(
    c: SQLiteCursor, state: str | None, before: Place | None, limit: int | None
) -> list[r.Quarantined]:
    """What was set aside, newest first. Each state is read from the index, and no further."""
    found: list[r.Quarantined] = []
    behind = "" if before is None else "AND (arrived_at, id) < (?, ?)"
    for each in rows.STATES if state is None else (state,):
        c.execute(
            f"{_LISTED} WHERE state = ? {behind} ORDER BY arrived_at DESC, id DESC LIMIT ?",
            (each, *(before or ()), -1 if limit is None else limit),
        )
        found += map(rows.in_list, c.fetchall())
    return rows.newest(found, limit)


def quarantined(c: SQLiteCursor, entry: str) -> r.Quarantined | None:
    """One entry, by its id."""
    c.execute(f"{_QUARANTINE} WHERE id = ?", (entry,))
    row = c.fetchone()
    return rows.quarantined(row) if row else None


def quarantine_held(c: SQLiteCursor, source: str) -> QuarantineHeld:
    """What a source has in open entries."""
    c.execute(
        "SELECT coalesce(sum(kept), 0), count(*) FROM quarantine"
        " WHERE source = ? AND state = 'open'",
        (source,),
    )
    return QuarantineHeld(*c.fetchone())


def quarantine_count(c: SQLiteCursor, state: str) -> int:
    """How many entries are in a state."""
    c.execute("SELECT count(*) FROM quarantine WHERE state = ?", (state,))
    return int(c.fetchone()[0])


def body(c: SQLiteCursor, digest: str) -> r.Body | None:
    """A kept body."""
    c.execute("SELECT digest, content, size FROM bodies WHERE digest = ?", (digest,))
    row = c.fetchone()
    return r.Body(digest=row[0], content=row[1], size=row[2]) if row else None
