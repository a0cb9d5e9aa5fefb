"""Readers: servers that measurements are read from, and what they gave beside values.

A reader has a stream of its own, and so has each interval that it was asked for and of which there
is more to say than its values. Source: runbook section 4.
"""

from ledger.domain.concern import Concern
from ledger.domain.reader.commands import (
    MarkReached,
    MarkUnreachable,
    ReaderCommand,
    RecordReading,
)
from ledger.domain.reader.decide import decide_reader, decide_reading
from ledger.domain.reader.events import (
    ReaderEvent,
    ReaderReached,
    ReaderUnreachable,
    ReadingEvent,
    ReadingHadNoData,
    ReadingWarned,
)
from ledger.domain.reader.state import Reader, Reading, evolve_reader, evolve_reading
from ledger.domain.stream_type import StreamType, members

READER = StreamType(
    kind="reader",
    initial=Reader(),
    evolve=evolve_reader,
    events=members(ReaderEvent),
    decide=decide_reader,
)

READING = StreamType(
    kind="reading",
    initial=Reading(),
    evolve=evolve_reading,
    events=members(ReadingEvent),
    decide=decide_reading,
    label="reading",
    plural="readings",
    prefix="RDG",
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)

__all__ = [
    "READER",
    "READING",
    "MarkReached",
    "MarkUnreachable",
    "Reader",
    "ReaderCommand",
    "ReaderEvent",
    "ReaderReached",
    "ReaderUnreachable",
    "Reading",
    "ReadingEvent",
    "ReadingHadNoData",
    "ReadingWarned",
    "RecordReading",
    "decide_reader",
    "decide_reading",
    "evolve_reader",
    "evolve_reading",
]
