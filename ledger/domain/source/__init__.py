"""Sources: events about an alerting system itself: what it left out, and when it was silent."""

from ledger.domain.source.events import AlertsTruncated, SourceEvent, SourceHeard, SourceSilent
from ledger.domain.source.silence import find_heard, find_silent
from ledger.domain.source.state import Source, evolve
from ledger.domain.stream_type import StreamType, members

SOURCE = StreamType(
    kind="source",
    initial=Source(),
    evolve=evolve,
    events=members(SourceEvent),
)

__all__ = [
    "SOURCE",
    "AlertsTruncated",
    "Source",
    "SourceEvent",
    "SourceHeard",
    "SourceSilent",
    "evolve",
    "find_heard",
    "find_silent",
]
