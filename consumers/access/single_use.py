"""Secrets that work once: kept as digests, and deleted in the transaction that uses them."""

from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from consumers.access.tokens import token_digest
from ledger.store.port import Store
from ledger.store.side_records import SingleUse, SingleUseTaken

T = TypeVar("T")


def kept_secret(
    secret: str, kind: str, content: msgspec.Struct, at: datetime, lasts: timedelta
) -> SingleUse:
    """What the store keeps of a secret: its digest, what it stands for, and until when."""
    return SingleUse(
        digest=token_digest(secret),
        kind=kind,
        made_at=at,
        expires_at=at + lasts,
        content=msgspec.json.encode(content),
    )


def waiting_secret(
    store: Store, secret: str, kind: str, content: type[T], at: datetime
) -> tuple[T, SingleUseTaken] | None:
    """What a secret stands for, and the write that uses it up; None for one that works no more.

    That write is a Conflict where another request was first. Blocking.
    """
    if not secret or not secret.isascii():
        return None
    digest = token_digest(secret)
    kept = store.access.single_use(digest)
    if kept is None or kept.kind != kind or kept.expires_at <= at:
        return None
    return msgspec.json.decode(kept.content, type=content), SingleUseTaken(digest=digest)
