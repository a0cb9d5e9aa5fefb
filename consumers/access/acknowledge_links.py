"""Links to acknowledge: one for a notification and a channel, the same in each try; it works once.

Its secret is made of a seed, which the store keeps, and of the channel's settings, which it does
not: whoever reads one of them alone, or events, cannot make it.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumers.access.single_use import kept_secret, waiting_secret
from consumers.access.tokens import random_token
from ledger.store.port import Store
from ledger.store.side_records import SingleUse, SingleUseTaken

ACKNOWLEDGE = "acknowledge"
"""The kind of these secrets in the store."""
SEED = "acknowledge_seed"
"""The kind of what they are made of."""
LASTS = timedelta(days=3)


class Link(NamedTuple):
    """A link's secret, and what the store keeps for it."""

    secret: str
    kept: tuple[SingleUse, SingleUse]


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """What the secrets of a notification are made of: random text."""

    seed: str


class Acknowledges(msgspec.Struct, frozen=True, kw_only=True):
    """The notification that a link was sent with."""

    delivery: UUID


def link_of(store: Store, delivery: UUID, settings: str, at: datetime) -> Link:
    """The link of a notification for a channel with these settings. Blocking.

    One who claims the notification writes what is kept, which replaces what was.
    """
    name = f"{SEED}/{delivery}"
    found = waiting_secret(store, name, SEED, Seed, at)
    seed = Seed(seed=random_token()) if found is None else found[0]
    secret = hmac.new(seed.seed.encode(), settings.encode(), sha256).hexdigest()
    of = Acknowledges(delivery=delivery)
    kept = (
        kept_secret(name, SEED, seed, at, LASTS),
        kept_secret(secret, ACKNOWLEDGE, of, at, LASTS),
    )
    return Link(secret, kept)


def linked_delivery(store: Store, secret: str, at: datetime) -> tuple[UUID, SingleUseTaken] | None:
    """The notification of a link, and what uses it up; None for one that works no more."""
    found = waiting_secret(store, secret, ACKNOWLEDGE, Acknowledges, at)
    return None if found is None else (found[0].delivery, found[1])
