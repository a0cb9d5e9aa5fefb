"""What an alert group is watched for: the improvements that are to keep it from opening another
incident. One stream a group."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members


class RecurrenceWatched(Event, frozen=True, kw_only=True):
    """An improvement was done: from `since` until `until` its group is to open no incident.

    One that is done again is watched anew, in place of the time before.
    """

    name: ClassVar[str] = "recurrence.watched.v1"

    improvement: UUID
    since: datetime
    until: datetime


RecurrenceEvent = RecurrenceWatched


class Watched(NamedTuple):
    """From when until when."""

    since: datetime
    until: datetime

    def has(self, at: datetime) -> bool:
        """Whether a time lies in it: what was at the instant of its begin was before it."""
        return self.since < at < self.until


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """When the group is watched, by the improvement."""

    watched: Mapping[UUID, Watched] = {}


def evolve(state: Recurrence, event: RecurrenceEvent) -> Recurrence:
    """The state after an event."""
    watched = Watched(event.since, event.until)
    return replace(state, watched={**state.watched, event.improvement: watched})


RECURRENCE = StreamType(
    kind="recurrence",
    initial=Recurrence(),
    evolve=evolve,
    events=members(RecurrenceEvent),
)
