"""Where a notification stands."""

from datetime import datetime, timedelta
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ledger.domain.delivery.events import (
    Delivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryNotNeeded,
    DeliveryPassedOn,
    DeliveryRequested,
)
from ledger.vocabulary import DeliveryStatus, Notice


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A notification; `channel` is tried from `since` on, and `channels` are those after it.

    See `DeliveryRequested` for the rest.
    """

    status: DeliveryStatus = DeliveryStatus.WAITING
    notice: Notice | None = None
    event: str = ""
    leaf: int = -1
    about: str = ""
    channel: str = ""
    channels: tuple[str, ...] = ()
    tells_risk_manager: bool = False
    next_channel_after: timedelta = timedelta(0)
    since: datetime | None = None
    give_up_at: datetime | None = None
    digest: bool = False
    unless_acknowledged_since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was requested and did not end."""
        return self.since is not None and self.status not in _ENDED


_ENDED = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.GIVEN_UP, DeliveryStatus.NOT_NEEDED})


def evolve(state: Delivery, event: DeliveryEvent) -> Delivery:
    """The state after an event."""
    match event:
        case DeliveryRequested():
            return Delivery(
                notice=event.notice,
                event=event.event,
                leaf=event.leaf,
                about=event.about,
                channel=event.channels[0],
                channels=event.channels[1:],
                tells_risk_manager=event.tells_risk_manager,
                next_channel_after=event.next_channel_after,
                since=event.send_at or event.at,
                give_up_at=event.give_up_at,
                digest=event.digest or False,
                unless_acknowledged_since=event.unless_acknowledged_since or None,
            )
        case Delivered():
            return replace(state, status=DeliveryStatus.DELIVERED, channel=event.channel)
        case DeliveryFailed():
            return replace(state, status=DeliveryStatus.FAILING)
        case DeliveryPassedOn():
            return replace(
                state,
                status=DeliveryStatus.WAITING,
                channel=event.channel,
                channels=state.channels[1:],
                tells_risk_manager=False,  # another channel tells somebody else
                since=event.at,
            )
        case DeliveryGivenUp():
            return replace(state, status=DeliveryStatus.GIVEN_UP)
        case DeliveryNotNeeded():
            return replace(state, status=DeliveryStatus.NOT_NEEDED)
        case _:
            assert_never(event)
