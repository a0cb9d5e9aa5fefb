"""What was kept beside events, read back from its columns: the same on every backend."""

from datetime import datetime
from typing import Any

import msgspec

from ledger.store import records as r

_quarantined = msgspec.json.Decoder(r.Quarantined)
_token = msgspec.json.Decoder(r.TokenRow)


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


def token_row(row: tuple[Any, ...]) -> r.TokenRow:
    """A token from its columns row, revoked."""
    return msgspec.structs.replace(_token.decode(row[0]), revoked=bool(row[1]))


def session(row: tuple[Any, ...]) -> r.Session:
    """A session from its columns digest, token, begun_at, seen_at."""
    digest, token, begun_at, seen_at = row
    return r.Session(
        digest=digest,
        token=token,
        begun_at=msgspec.convert(begun_at, datetime),
        seen_at=msgspec.convert(seen_at, datetime),
    )
