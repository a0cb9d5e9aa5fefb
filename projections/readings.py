"""Readings: intervals of which a server had no data, or gave values with warnings. One row each."""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.reader import ReadingEvent, ReadingHadNoData, ReadingWarned
from ledger.vocabulary import NoDataReason
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`reason` is why there was no data, None where there were values; `said` is what was said."""
    yield Column("reading", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("reader", String, nullable=False)
    yield Column("objective", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("since", String, nullable=False)
    yield Column("until", String, nullable=False)
    yield Column("reason", String)
    yield Column("said", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The interval."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row of an interval."""
    event = cast("ReadingEvent", recorded.event)
    match event:
        case ReadingHadNoData():
            reason: str | None = event.reason.value
            said = (event.detail, *event.warnings)
        case ReadingWarned():
            reason, said = None, (*event.left_out, *event.warnings)
        case _:
            assert_never(event)
    return {
        "reading": key[0],
        "leaf": recorded.leaf,
        "reader": event.reader,
        "objective": event.objective,
        "system": event.system,
        "since": time_text(event.since),
        "until": time_text(event.at),
        "reason": reason,
        "said": "; ".join(filter(None, said)),
    }


READINGS = Projection(
    name="readings",
    version=1,
    kinds=frozenset({"reading"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=ListView(
        kind="reading",
        key="reading",
        path="readings",
        title="Readings",
        lead="Intervals of which a server had no data, or gave values with warnings.",
        columns=(
            ListColumn(name="reader", label="Reader", filters=True),
            ListColumn(name="objective", label="Objective", filters=True),
            ListColumn(name="system", label="System", filters=True),
            ListColumn(name="since", label="From", cell=CellKind.TIME),
            ListColumn(name="until", label="Until", cell=CellKind.TIME),
            ListColumn(name="reason", label="No data", vocabulary=NoDataReason, filters=True),
            ListColumn(name="said", label="What was said"),
        ),
    ),
)
