"""Whose turn it is to be told in a ticket: one notification at a time, as they came to its channel.

Else two that are due at the same moment would both find no ticket, and open one each.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from consumers.commands.policy_history import adopted
from consumers.reactor.notices import TYPES
from ledger.domain.catalogue import CODEC
from ledger.domain.delivery import DELIVERY, Delivery
from ledger.domain.identity import delivery_id, escalation_id
from ledger.policy import parse_adopted
from ledger.store.decoding import events_in
from ledger.store.port import Store

_NEVER = datetime.max.replace(tzinfo=UTC)


def is_its_turn(store: Store, delivery: UUID, state: Delivery, channels: Iterable[str]) -> bool:
    """Whether no notification about the same stream came to its channel before it and is open.

    `channels` are those that a notification may be requested for: as a fallback, its channel is
    tried for another's. Raises Unavailable.
    """
    events = [
        CODEC.decode(entry.stored, entry.leaf).id
        for entry in store.load({state.about: 0})[state.about]
        if entry.type in TYPES
    ]
    waits = _waits(store)
    others = {
        subject
        for event in events
        for channel in channels
        for subject in (
            delivery_id(event, channel),
            *(escalation_id(event, channel, each) for each in waits),
        )
    } - {delivery}
    entries = store.load({DELIVERY.stream(each): 0 for each in others}) if others else {}
    mine = _place(delivery, state)
    for each in others:
        other: Delivery = DELIVERY.folded(events_in(entries[DELIVERY.stream(each)]))
        if other.is_open and other.channel == state.channel and _place(each, other) < mine:
            return False
    return True


def _waits(store: Store) -> frozenset[timedelta]:
    """How long after what happened the steps of an escalation are told, by any policy there was."""
    policies = (parse_adopted(each.event.text) for each in adopted(store))
    rules = (rule for policy in policies for rule in policy.notify.rules)
    return frozenset(step.after for rule in rules for step in rule.escalate)


def _place(delivery: UUID, state: Delivery) -> tuple[datetime, int, int]:
    """By when its channel came to be tried; at the same time, by the place in the log."""
    return state.since or _NEVER, state.leaf, delivery.int
