"""The rules of readers and readings: each command gives the events that it causes."""

from datetime import datetime
from typing import assert_never

from ledger.domain.reader import commands as c
from ledger.domain.reader import events as e
from ledger.domain.reader.state import Reader, Reading
from ledger.policy import Policy


def decide_reader(
    command: c.ReaderCommand, state: Reader, policy: Policy, now: datetime
) -> tuple[e.ReaderEvent, ...]:
    """The begin or the end of a time in which a server cannot be asked; each once."""
    since = state.unreachable_since
    match command:
        case c.MarkUnreachable():
            if since is not None:
                return ()
            return (e.ReaderUnreachable(at=now, reader=command.reader, reason=command.reason),)
        case c.MarkReached():
            if since is None:
                return ()
            reached_at = max(now, since)
            return (e.ReaderReached(at=reached_at, reader=command.reader, unreachable_since=since),)
        case _:
            assert_never(command)


def decide_reading(
    command: c.RecordReading, state: Reading, policy: Policy, now: datetime
) -> tuple[e.ReadingEvent, ...]:
    """What is on record of an interval, once."""
    if state.system:
        return ()
    if command.reason is not None:
        no_data = e.ReadingHadNoData(
            at=command.until,
            reader=command.reader,
            objective=command.objective,
            system=command.system,
            since=command.since,
            reason=command.reason,
            detail=command.detail,
            warnings=command.warnings,
        )
        return (no_data,)
    if not command.warnings and not command.left_out:
        return ()
    warned = e.ReadingWarned(
        at=command.until,
        reader=command.reader,
        objective=command.objective,
        system=command.system,
        since=command.since,
        warnings=command.warnings,
        left_out=command.left_out,
    )
    return (warned,)
