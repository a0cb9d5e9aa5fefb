"""Sources: events about an alerting system itself, such as alerts that it left out."""

from typing import ClassVar

import msgspec

from ledger.domain.alert.events import Sender
from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members


class AlertsTruncated(Event, frozen=True, kw_only=True):
    """A body left out alerts (Alertmanager's `max_alerts`): a gap. `missing` counts them."""

    name: ClassVar[str] = "source.alerts_truncated.v1"

    source: str
    sender: Sender
    missing: int


SourceEvent = AlertsTruncated


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a source: how many alerts it has left out so far."""

    missing: int = 0


def evolve(state: Source, event: SourceEvent) -> Source:
    """The state after an event."""
    return Source(missing=state.missing + event.missing)


SOURCE = StreamType(
    kind="source",
    initial=Source(),
    evolve=evolve,
    events=members(SourceEvent),
)
