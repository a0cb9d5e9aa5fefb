"""Commands of notifications, which are the ledger's own: none comes from outside."""

from datetime import datetime, timedelta

from msgspec import UNSET, UnsetType

from ledger.domain.command import Command
from ledger.vocabulary import Notice


class RequestDelivery(Command, frozen=True, kw_only=True):
    """Tell a channel of an event; see `DeliveryRequested`."""

    notice: Notice
    event: str
    leaf: int
    about: str
    channels: tuple[str, ...]
    rules: tuple[str, ...]
    tells_risk_manager: bool
    next_channel_after: timedelta
    give_up_at: datetime
    send_at: datetime | UnsetType = UNSET
    digest: bool | UnsetType = UNSET
    unless_acknowledged_since: datetime | UnsetType = UNSET
    source: str | UnsetType = UNSET


class RecordDelivered(Command, frozen=True, kw_only=True):
    """The receiver took it; `ticket` is the address of the ticket that it is told in."""

    channel: str
    receipt: str
    ticket: str | UnsetType = UNSET


class RecordFailure(Command, frozen=True, kw_only=True):
    """A try failed."""

    channel: str
    reason: str


class RecordNotNeeded(Command, frozen=True, kw_only=True):
    """Nobody need be told any more."""


DeliveryCommand = RequestDelivery | RecordDelivered | RecordFailure | RecordNotNeeded
