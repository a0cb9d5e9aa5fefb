"""The daily digest of what was read: the rows stay outside the log, and their digest is in it."""

from datetime import datetime, timedelta

from ledger.domain.access import ACCESS, ReadsRecorded
from ledger.domain.identity import access_id
from ledger.execute import requests as q
from ledger.execute.commands import record_in_turn
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.store.read_records import day_of, digest_of

OVER_AFTER = timedelta(hours=1)
"""So long after its end a day is recorded: by then what was noted in it is stored."""
READS = ACCESS.stream(access_id("reads", "digest"))
"""The one stream of the digests of a ledger."""


def days_before(at: datetime) -> str:
    """The day before which every day is over at a time, and has been for long enough."""
    return day_of(at - OVER_AFTER)


def streams_of(_: q.RecordReads) -> tuple[str, ...]:
    """The stream of the digests."""
    return (READS,)


def record_reads(_: q.RecordReads, context: Context, work: Work) -> Outcome:
    """Records the digest of each day that is over; of days that are recorded there is none."""
    reads = work.store.reads
    state = work.states.loaded(READS).state
    events = []
    for day in reads.days(state.reads_until, days_before(context.at)):
        rows = reads.of_day(day)
        event = ReadsRecorded(at=context.at, day=day, rows=len(rows), digest=digest_of(rows))
        events.append(event)
    record_in_turn(READS, tuple(events), context, work)
    return Outcome(events=len(events))
