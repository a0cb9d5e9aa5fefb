"""Side records from the columns of their tables, the same on every backend."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, get_args

import msgspec

from ledger.store import side_records as r
from ledger.store.text_records import TextRow

_quarantined = msgspec.json.Decoder(r.Quarantined)
_token = msgspec.json.Decoder(r.TokenRow)
_grant = msgspec.json.Decoder(r.SessionGrant)


def quarantined(row: tuple[Any, ...]) -> r.Quarantined:
    """An entry from its columns entry, state, seen, last_seen_at.

    One that was retried and came again is open: what closed it then does not show any more.
    """
    text, state, seen, last_seen_at = row
    entry = msgspec.structs.replace(
        _quarantined.decode(text),
        state=state,
        seen=seen,
        last_seen_at=msgspec.convert(last_seen_at, datetime),
    )
    if state != "open":
        return entry
    return msgspec.structs.replace(entry, closed_by=None, closed_at=None, close_reason=None)


LISTED_BYTES = 1024 * 1024
"""An entry of more bytes comes without its reasons in a list; none is as large any more."""
STATES: tuple[r.QuarantineState, ...] = get_args(r.QuarantineState)


def in_list(row: tuple[Any, ...]) -> r.Quarantined:
    """An entry from entry, state, seen, last_seen_at, id, source, digest, arrived_at, kept.

    `entry` is None where that is too large for a list.
    """
    text, state, seen, last_seen_at, entry, source, digest, arrived_at, kept = row
    if text is not None:
        return quarantined((text, state, seen, last_seen_at))
    reason = "Its reasons take more than 1 MiB: see airledger quarantine show."
    return r.Quarantined(
        id=entry,
        source=source,
        source_kind="unknown",
        arrived_at=msgspec.convert(arrived_at, datetime),
        digest=digest,
        parts=(r.QuarantinePart(index=None, reason=reason),),
        state=state,
        seen=seen,
        last_seen_at=msgspec.convert(last_seen_at, datetime),
        size=kept,
    )


def in_order(found: Iterable[r.Quarantined], sort: str, limit: int | None) -> list[r.Quarantined]:
    """Entries of several states as one list; see `QuarantineReads.entries`."""
    newest = sorted(found, key=lambda each: (each.arrived_at, each.id), reverse=True)
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    return sorted(newest, key=attrgetter(column), reverse=descending)[:limit]


def token_row(row: tuple[Any, ...]) -> r.TokenRow:
    """A token from its columns row, revoked."""
    return msgspec.structs.replace(_token.decode(row[0]), revoked=bool(row[1]))


def times(found: Iterable[tuple[Any, ...]]) -> dict[str, datetime]:
    """Times by key, from rows of a key and a time as text."""
    return {key: msgspec.convert(at, datetime) for key, at in found}


def session(row: tuple[Any, ...]) -> r.Session:
    """A session from its columns digest, token, begun_at, seen_at, and its grant's row or None."""
    digest, token, begun_at, seen_at, grant = row
    return r.Session(
        digest=digest,
        token=token,
        begun_at=msgspec.convert(begun_at, datetime),
        seen_at=msgspec.convert(seen_at, datetime),
        grant=None if grant is None else _grant.decode(grant),
    )


def text_row(row: tuple[Any, ...]) -> TextRow:
    """A text from its columns id, stream, author, key, content."""
    of, stream, author, key, content = row
    return TextRow(
        id=of,
        stream=stream,
        author=author,
        key=None if key is None else bytes(key),
        content=None if content is None else decoded(content),
    )


def decoded(content: bytes) -> str:
    """A text's content; what is no UTF-8, in a store that somebody edited, has U+FFFD."""
    return bytes(content).decode(errors="replace")


def single_use(row: tuple[Any, ...]) -> r.SingleUse:
    """A secret from its columns digest, kind, made_at, expires_at, content."""
    digest, kind, made_at, expires_at, content = row
    return r.SingleUse(
        digest=digest,
        kind=kind,
        made_at=msgspec.convert(made_at, datetime),
        expires_at=msgspec.convert(expires_at, datetime),
        content=bytes(content),
    )
