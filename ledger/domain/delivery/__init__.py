"""Notifications: who was to be told of which event, and whether it came to be.

One is requested by a follower of the sealed log, and sent by a loop beside it; the tries between a
first failure and the end are not recorded. Source: runbook section 7.3, "notify Risk Manager".
"""

from ledger.domain.deadline_type import DeadlineType
from ledger.domain.delivery.commands import (
    DeliveryCommand,
    RecordDelivered,
    RecordFailure,
    RecordNotNeeded,
    RequestDelivery,
)
from ledger.domain.delivery.decide import decide
from ledger.domain.delivery.describing import describe
from ledger.domain.delivery.events import (
    Delivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryNotNeeded,
    DeliveryPassedOn,
    DeliveryRequested,
)
from ledger.domain.delivery.state import Delivery, evolve
from ledger.domain.stream_type import StreamType, members
from ledger.policy.times import LAST

DELIVERY = StreamType(
    kind="delivery",
    initial=Delivery(),
    evolve=evolve,
    events=members(DeliveryEvent),
    decide=decide,
    label="delivery",
    plural="deliveries",
    prefix="DLV",
    describe=describe,
)

SENDING = DeadlineType(
    name="delivery",
    kind="delivery",
    label="delivery",
    finds="to be sent",
    sets={DeliveryRequested: lambda event: event.send_at or event.at},
    ends=frozenset((Delivered, DeliveryGivenUp, DeliveryNotNeeded)),
    next_at=lambda state: LAST if state.is_open else None,
    by_clock=False,
)
"""When a notification is tried next; the sender claims it, tries, and sets the next time."""

__all__ = [
    "DELIVERY",
    "SENDING",
    "Delivered",
    "Delivery",
    "DeliveryCommand",
    "DeliveryEvent",
    "DeliveryFailed",
    "DeliveryGivenUp",
    "DeliveryNotNeeded",
    "DeliveryPassedOn",
    "DeliveryRequested",
    "RecordDelivered",
    "RecordFailure",
    "RecordNotNeeded",
    "RequestDelivery",
    "decide",
    "describe",
    "evolve",
]
