"""One event of each type of readers and readings, as a person would write it down."""

from datetime import timedelta

from ledger.domain.envelope import Event
from ledger.domain.reader import (
    ReaderReached,
    ReaderUnreachable,
    ReadingHadNoData,
    ReadingWarned,
)
from ledger.vocabulary import NoDataReason
from tests.golden.incident_events import AT

HOUR = timedelta(hours=1)

READER_EVENTS: tuple[Event, ...] = (
    ReaderUnreachable(at=AT, reader="prod", reason="no answer in time"),
    ReaderReached(at=AT, reader="prod", unreachable_since=AT - HOUR),
    ReadingHadNoData(
        at=AT,
        reader="prod",
        objective="latency",
        system="chat",
        since=AT - HOUR,
        reason=NoDataReason.NOT_A_NUMBER,
        detail="the value: NaN",
        warnings=("PromQL warning: the metric might not be a counter",),
    ),
    ReadingWarned(
        at=AT,
        reader="prod",
        objective="latency",
        system="chat",
        since=AT - HOUR,
        left_out=("region=eu: NaN (the value is no number)",),
    ),
)
