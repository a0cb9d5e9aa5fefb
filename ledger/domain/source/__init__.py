"""Sources: events about an alerting system itself: what it left out, and when it was silent."""

from ledger.domain.source.events import (
    AlertsTruncated,
    LeftOutEnded,
    SilenceEnded,
    SourceEvent,
    SourceHeard,
    SourceSilent,
)
from ledger.domain.source.left_out import find_complete, find_not_repeated, leave_out
from ledger.domain.source.silence import end_silence, find_heard, find_silent, silent_for
from ledger.domain.source.state import LeftOut, Source, evolve, group_of
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
    "LeftOut",
    "LeftOutEnded",
    "SilenceEnded",
    "Source",
    "SourceEvent",
    "SourceHeard",
    "SourceSilent",
    "end_silence",
    "evolve",
    "find_complete",
    "find_heard",
    "find_not_repeated",
    "find_silent",
    "group_of",
    "leave_out",
    "silent_for",
]
