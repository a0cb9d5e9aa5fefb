"""What happens when people are told of an incident."""

from typing import ClassVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event


class TicketOpened(Event, frozen=True, kw_only=True):
    """A ticket tracks the work (runbook section 7.3)."""

    name: ClassVar[str] = "incident.ticket_opened.v1"

    url: str


class RiskManagerNotified(Event, frozen=True, kw_only=True):
    """The Risk Manager was told (runbook section 7.3); `receipt` is the channel's own proof."""

    name: ClassVar[str] = "incident.risk_manager_notified.v1"

    channel: str
    receipt: str = ""


class Acknowledged(Event, frozen=True, kw_only=True):
    """Somebody knows of it: a person, or whoever followed the link of notification `delivery`."""

    name: ClassVar[str] = "incident.acknowledged.v1"

    delivery: UUID | UnsetType = UNSET
