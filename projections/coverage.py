"""What is known of when sources were heard: when each could send, gaps, and alerts left out.

One row for each such fact. The shares of a month are computed from them when somebody asks.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Integer, String

from ledger.domain.access import AccessGranted, AccessRevoked, HolderKind
from ledger.domain.envelope import Event, Recorded
from ledger.domain.intake import IntakeInterrupted
from ledger.domain.source import AlertsTruncated, SourceHeard, SourceSilent
from ledger.vocabulary import GapReason
from projections.engine.projection import Key, Projection, Row
from projections.values import time_text

ADDED, REVOKED, LEFT_OUT = "added", "revoked", "left_out"
"""The facts that are no gap: a source may send, may no more, or left out alerts."""


def columns() -> Iterable[Column[Any]]:
    """`fact` is one of the above or a GapReason; `source` is empty for an interruption.

    `since` is when it was, or began. `until` is when a gap ended or a token expires; None while a
    gap goes on. `missing` counts alerts that were left out.
    """
    yield Column("fact", String, primary_key=True)
    yield Column("source", String, primary_key=True)
    yield Column("since", String, primary_key=True)
    yield Column("until", String)
    yield Column("missing", Integer)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The fact that an event is, or ends."""
    found = _key(recorded.event)
    return () if found is None else (found,)


def _key(event: Event) -> Key | None:
    match event:
        case AccessGranted(holder_kind=HolderKind.SOURCE):
            return ADDED, event.holder_name, time_text(event.at)
        case AccessRevoked(holder_kind=HolderKind.SOURCE):
            return REVOKED, event.holder_name, time_text(event.at)
        case AlertsTruncated():
            return LEFT_OUT, event.source, time_text(event.at)
        case SourceSilent():
            return GapReason.SILENT.value, event.source, time_text(event.since)
        case SourceHeard():
            return GapReason.SILENT.value, event.source, time_text(event.silent_since)
        case IntakeInterrupted():
            return GapReason.INTERRUPTED.value, "", time_text(event.since)
        case _:
            return None


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after an event."""
    fact, source, since = key
    until, missing = None, None
    match recorded.event:
        case AccessGranted() as event:
            until = time_text(event.expires_at) if event.expires_at else None
        case AlertsTruncated() as event:
            missing = event.missing + (row["missing"] if row else 0)
        case SourceHeard() as event:
            until = time_text(event.heard_at)
        case IntakeInterrupted() as event:
            until = time_text(event.until)
        case _:
            pass
    return {"fact": fact, "source": source, "since": since, "until": until, "missing": missing}


COVERAGE = Projection(
    name="coverage",
    version=1,
    kinds=frozenset({"access", "intake", "source"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    events=frozenset(
        {
            *(AccessGranted, AccessRevoked, AlertsTruncated),
            *(SourceSilent, SourceHeard, IntakeInterrupted),
        }
    ),
)
