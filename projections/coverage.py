"""What is known of when sources were heard: when each could send, gaps, and alerts left out.

One row for each such fact. The shares of a month are computed from them when somebody asks. Gaps
of single alerts are in the rows of these (see `projections.unheard`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, String

from ledger.domain.access import AccessGranted, AccessRevoked, HolderKind
from ledger.domain.alert import Sender
from ledger.domain.envelope import Event, Recorded
from ledger.domain.intake import IntakeInterrupted
from ledger.domain.reader import ReaderReached, ReaderUnreachable
from ledger.domain.source import (
    AlertsTruncated,
    LeftOutEnded,
    SilenceEnded,
    SourceHeard,
    SourceSilent,
    group_of,
)
from ledger.vocabulary import GapReason
from projections.engine.projection import Key, Projection, Row
from projections.values import time_text

ADDED, REVOKED, LEFT_OUT = "added", "revoked", "left_out"
"""The facts that are no gap: a source may send, may no more, or left out so many alerts."""
READER = "reader"
"""The part of what is no gap of a source, but of a reader."""


def columns() -> Iterable[Column[Any]]:
    """`fact` is one of the above or a GapReason; `source` is empty for an interruption.

    `part` is the group of which alerts were left out, READER where `source` is a reader, and empty
    for gaps of other reasons.
    `since` is when it was, or began. `until` is when a gap ended or a token expires; None while a
    gap goes on. `missing` counts alerts that were left out.
    """
    yield Column("fact", String, primary_key=True)
    yield Column("source", String, primary_key=True)
    yield Column("since", String, primary_key=True)
    yield Column("part", String, primary_key=True)
    yield Column("until", String)
    yield Column("missing", Integer)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The facts that an event is, or ends."""
    return _keys(recorded.event)


def _keys(event: Event) -> Iterator[Key]:
    match event:
        case AccessGranted(holder_kind=HolderKind.SOURCE):
            yield ADDED, event.holder_name, time_text(event.at), ""
        case AccessRevoked(holder_kind=HolderKind.SOURCE):
            yield REVOKED, event.holder_name, time_text(event.at), ""
        case AlertsTruncated():
            yield LEFT_OUT, event.source, time_text(event.at), ""
            if event.since:
                yield _left_out(event.source, event.sender, event.since)
        case LeftOutEnded():
            yield _left_out(event.source, event.sender, event.since)
        case SourceSilent():
            yield GapReason.SILENT.value, event.source, time_text(event.since), ""
        case SourceHeard() | SilenceEnded():
            yield GapReason.SILENT.value, event.source, time_text(event.silent_since), ""
        case IntakeInterrupted():
            yield GapReason.INTERRUPTED.value, "", time_text(event.since), ""
        case ReaderUnreachable():
            yield _unreachable(event.reader, event.at)
        case ReaderReached():
            yield _unreachable(event.reader, event.unreachable_since)
        case _:
            pass


def _unreachable(reader: str, since: datetime) -> Key:
    """A reader is no source: names of the two may be alike."""
    return GapReason.UNREACHABLE.value, reader, time_text(since), READER


def _left_out(source: str, sender: Sender, since: datetime) -> Key:
    return GapReason.LEFT_OUT.value, source, time_text(since), str(group_of(source, sender))


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after an event."""
    fact, source, since, part = key
    until, missing = None, None
    match recorded.event:
        case AccessGranted() as event:
            until = time_text(event.expires_at) if event.expires_at else None
        case AlertsTruncated() as event if fact == LEFT_OUT:
            missing = event.missing + (row["missing"] if row else 0)
        case SourceHeard() as event:
            until = time_text(event.heard_at)
        case (LeftOutEnded() | SilenceEnded() | ReaderReached()) as event:
            until = time_text(event.at)
        case IntakeInterrupted() as event:
            until = time_text(event.until)
        case _:
            pass
    facts = {"fact": fact, "source": source, "since": since, "part": part}
    return {**facts, "until": until, "missing": missing}


COVERAGE = Projection(
    name="coverage",
    version=3,
    kinds=frozenset({"access", "intake", "reader", "source"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    events=frozenset(
        {
            *(AccessGranted, AccessRevoked, AlertsTruncated),
            *(SourceSilent, SourceHeard, SilenceEnded, LeftOutEnded, IntakeInterrupted),
            *(ReaderUnreachable, ReaderReached),
        }
    ),
)
