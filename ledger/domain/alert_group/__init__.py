"""Alert groups: the values of a rule's `group_by`; a group counts the incidents it opened."""

from typing import ClassVar
from uuid import UUID

import msgspec

from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members


class GroupOpenedIncident(Event, frozen=True, kw_only=True):
    """The group opened its n-th incident, which is its newest from here on."""

    name: ClassVar[str] = "alert_group.incident_opened.v1"

    incident: UUID
    n: int
    rule: str
    values: tuple[tuple[str, str], ...]


AlertGroupEvent = GroupOpenedIncident


class AlertGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents a group opened, and the newest of them."""

    opened: int = 0
    newest: UUID | None = None


def evolve(state: AlertGroup, event: AlertGroupEvent) -> AlertGroup:
    """The state after an event."""
    return AlertGroup(opened=event.n, newest=event.incident)


ALERT_GROUP = StreamType(
    kind="alert_group",
    initial=AlertGroup(),
    evolve=evolve,
    events=members(AlertGroupEvent),
)
