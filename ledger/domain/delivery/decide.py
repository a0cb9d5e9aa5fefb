"""The rules of notifications: when one is delivered, passed on to another channel, given up."""

from datetime import datetime
from typing import assert_never

from msgspec import UNSET
from msgspec.structs import asdict, replace

from ledger.domain.delivery.commands import (
    DeliveryCommand,
    RecordDelivered,
    RecordFailure,
    RecordNotNeeded,
    RequestDelivery,
)
from ledger.domain.delivery.events import (
    Delivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryNotNeeded,
    DeliveryPassedOn,
    DeliveryRequested,
)
from ledger.domain.delivery.state import Delivery
from ledger.policy import Policy
from ledger.vocabulary import DeliveryStatus


def decide(
    command: DeliveryCommand, state: Delivery, policy: Policy, now: datetime
) -> tuple[DeliveryEvent, ...]:
    """The events that a command causes; what ended stays as it is."""
    match command:
        case RequestDelivery():
            if state.since is not None:
                return ()
            requested = DeliveryRequested(at=now, **asdict(command))
            if requested.send_at and requested.send_at <= now:
                requested = replace(requested, send_at=UNSET, digest=UNSET)  # that digest is sent
            return (requested,)
        case RecordDelivered():
            if not state.is_open:
                return ()
            return (Delivered(at=now, **asdict(command)),)
        case RecordNotNeeded():
            if not state.is_open:
                return ()
            return (DeliveryNotNeeded(at=now, channel=state.channel),)
        case RecordFailure():
            if not state.is_open or command.channel != state.channel:
                return ()
            return _failed(command, state, now)
        case _:
            assert_never(command)


def _failed(command: RecordFailure, state: Delivery, now: datetime) -> tuple[DeliveryEvent, ...]:
    """The first failure of a channel, and what follows from how long it has been failing."""
    events: tuple[DeliveryEvent, ...] = ()
    if state.status is DeliveryStatus.WAITING:
        events = (DeliveryFailed(at=now, channel=command.channel, reason=command.reason),)
    over = state.give_up_at is not None and now >= state.give_up_at
    left = state.since is not None and now - state.since >= state.next_channel_after
    if not over and left and state.channels:
        return (*events, DeliveryPassedOn(at=now, channel=state.channels[0]))
    if over:
        given_up = DeliveryGivenUp(at=now, channel=command.channel, reason=command.reason)
        return (*events, given_up)
    return events
