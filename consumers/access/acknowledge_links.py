"""Links to acknowledge: each is sent with one try of a notification, and works once."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from consumers.access.single_use import kept_secret, waiting_secret
from ledger.store.port import Store
from ledger.store.side_records import SingleUse, SingleUseTaken

ACKNOWLEDGE = "acknowledge"
"""The kind of these secrets in the store."""
LASTS = timedelta(days=3)


class Acknowledges(msgspec.Struct, frozen=True, kw_only=True):
    """The notification that a link was sent with."""

    delivery: UUID


def kept_link(secret: str, delivery: UUID, at: datetime) -> SingleUse:
    """What the store keeps of a link."""
    return kept_secret(secret, ACKNOWLEDGE, Acknowledges(delivery=delivery), at, LASTS)


def linked_delivery(store: Store, secret: str, at: datetime) -> tuple[UUID, SingleUseTaken] | None:
    """The notification of a link, and what uses it up; None for one that works no more."""
    found = waiting_secret(store, secret, ACKNOWLEDGE, Acknowledges, at)
    return None if found is None else (found[0].delivery, found[1])
