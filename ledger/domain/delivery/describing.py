"""A notification's events as sentences for people."""

from typing import assert_never

from ledger.domain.delivery.events import (
    Delivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryNotNeeded,
    DeliveryPassedOn,
    DeliveryRequested,
)


def describe(event: DeliveryEvent) -> str:
    """What happened, for people."""
    match event:
        case DeliveryRequested():
            return f"To be told by {event.channels[0]}: {event.notice.label.lower()}"
        case Delivered():
            return f"Delivered by {event.channel}: {event.receipt}"
        case DeliveryFailed():
            return f"{event.channel} failed, is tried again: {event.reason}"
        case DeliveryPassedOn():
            return f"Passed on to {event.channel}"
        case DeliveryGivenUp():
            return f"Given up: {event.channel} failed: {event.reason}"
        case DeliveryNotNeeded():
            return f"Not sent by {event.channel}: nobody need be told that way any more"
        case _:
            assert_never(event)
