"""What happens to a notification. `at` is when it was recorded."""

from datetime import datetime, timedelta
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.vocabulary import Notice


class DeliveryRequested(Event, frozen=True, kw_only=True):
    """Somebody is to be told that the event `event` (its id, at `leaf`) happened to `about`.

    `channels` are tried in order: the first from now on, each next one when the one before it
    failed for `next_channel_after`; none after `give_up_at`. `rules` are the policy's that asked
    for it.

    Absent, `send_at` is now. With `digest` it is sent with all others of its channel and time. It
    is not sent when the incident is acknowledged from `unless_acknowledged_since` on, or not open.
    `source` names the source that it is about, if it is about one.
    """

    name: ClassVar[str] = "delivery.requested.v1"

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


class Delivered(Event, frozen=True, kw_only=True):
    """The receiver behind a channel took it; `receipt` says so in words of ours.

    It has the status that was answered, and an id of at most 64 characters where there is one.

    `ticket` is the address of the ticket that it is told in, where the channel is a tracker.
    """

    name: ClassVar[str] = "delivery.delivered.v1"

    channel: str
    receipt: str
    ticket: str | UnsetType = UNSET


class DeliveryFailed(Event, frozen=True, kw_only=True):
    """A channel failed for the first time; it is tried again."""

    name: ClassVar[str] = "delivery.failed.v1"

    channel: str
    reason: str


class DeliveryPassedOn(Event, frozen=True, kw_only=True):
    """Another channel is tried from here on."""

    name: ClassVar[str] = "delivery.passed_on.v1"

    channel: str


class DeliveryGivenUp(Event, frozen=True, kw_only=True):
    """Nothing is tried any more; `reason` is why the last try failed."""

    name: ClassVar[str] = "delivery.given_up.v1"

    channel: str
    reason: str


class DeliveryNotNeeded(Event, frozen=True, kw_only=True):
    """Nobody need be told any more: the incident was acknowledged, or is not open.

    Or the channel is a tracker, which is not told that another notification was given up.
    """

    name: ClassVar[str] = "delivery.not_needed.v1"

    channel: str


DeliveryEvent = (
    DeliveryRequested
    | Delivered
    | DeliveryFailed
    | DeliveryPassedOn
    | DeliveryGivenUp
    | DeliveryNotNeeded
)
