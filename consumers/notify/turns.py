"""Whose turn it is to be told in a ticket: one notification at a time, in the order of the log.

Else two that are due at the same moment would both find no ticket, and open one each.
"""

from collections.abc import Iterable
from uuid import UUID

from consumers.reactor.notices import TYPES
from ledger.domain.catalogue import CODEC
from ledger.domain.delivery import DELIVERY, Delivery
from ledger.domain.identity import delivery_id
from ledger.store.decoding import events_in
from ledger.store.port import Store


def is_its_turn(store: Store, delivery: UUID, state: Delivery, channels: Iterable[str]) -> bool:
    """Whether its channel has no earlier notification under way about the same stream.

    `channels` are those that a notification may be requested for: as its fallback, this one is
    tried for another's. Raises Unavailable.
    """
    events = [
        CODEC.decode(entry.stored, entry.leaf).id
        for entry in store.load({state.about: 0})[state.about]
        if entry.type in TYPES and entry.leaf <= state.leaf
    ]
    others = {delivery_id(event, each) for event in events for each in channels} - {delivery}
    entries = store.load({DELIVERY.stream(each): 0 for each in others}) if others else {}
    for each in others:
        other: Delivery = DELIVERY.folded(events_in(entries[DELIVERY.stream(each)]))
        is_before = (other.leaf, each.int) < (state.leaf, delivery.int)
        if other.is_open and other.channel == state.channel and is_before:
            return False
    return True
