"""Measurements: the values that metrics of systems had. One row a measurement.

Source: runbook sections 4 and 6.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from sqlalchemy import Boolean, Column, Float, Integer, String

from ledger.domain import metric as m
from ledger.domain.envelope import Recorded
from ledger.domain.identity import named, system_id
from ledger.vocabulary import Direction, Purpose
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event. `standard` is `value` in `standard_unit`, for judging.

    `segment` is the labels as one text, empty for the whole; `system_id` is the id of the system's
    name. `judgeable`: unit, direction and number of samples are known, and it was not retracted.
    `series` is the same for measurements of one segment that an objective judges alike, or not at
    all; null for what no objective counts: what was retracted, or was not measured in operation.
    """
    yield Column("measurement", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("system_id", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("metric", String, nullable=False)
    yield Column("segment", String, nullable=False)
    yield Column("value", Float, nullable=False)
    yield Column("unit", String)
    yield Column("standard", Float)
    yield Column("standard_unit", String)
    yield Column("direction", String)
    yield Column("n", Integer)
    yield Column("since", String)
    yield Column("until", String, nullable=False)
    yield Column("purpose", String, nullable=False)
    yield Column("release", String)
    yield Column("model", String)
    yield Column("dataset", String)
    yield Column("dataset_digest", String)
    yield Column("judge", String)
    yield Column("tool", String)
    yield Column("evidence", String)
    yield Column("path", String)
    yield Column("judgeable", Boolean, nullable=False)
    yield Column("retracted", Boolean, nullable=False)
    yield Column("series", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The measurement."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The measurement's row after one of its events."""
    event = cast("m.MetricEvent", recorded.event)
    match event:
        case m.Measured():
            return {
                "measurement": key[0],
                "leaf": recorded.leaf if row is None else row["leaf"],
                **_measured(event),
            }
        case m.Retracted():
            if row is None:
                raise ValueError(f"{recorded.stream} has no value before leaf {recorded.leaf}")
            return {**row, "judgeable": False, "retracted": True, "series": None}
        case _:
            assert_never(event)


def _measured(event: m.Measured) -> dict[str, Any]:
    known = event.standard_unit and event.direction and event.n
    return {
        "system_id": str(system_id(event.system)),
        "system": event.system,
        "metric": event.metric,
        "segment": m.segment_text(event.segment),
        "value": event.value,
        "unit": event.unit or None,
        "standard": event.standard_value if event.standard_unit else None,
        "standard_unit": event.standard_unit or None,
        "direction": event.direction.value if event.direction else None,
        "n": event.n or None,
        "since": time_text(event.since) if event.since else None,
        "until": time_text(event.at),
        "purpose": event.purpose.value,
        "release": event.release or None,
        "model": event.model or None,
        "dataset": event.dataset or None,
        "dataset_digest": event.dataset_digest or None,
        "judge": event.judge or None,
        "tool": event.tool or None,
        "evidence": event.evidence or None,
        "path": event.path or None,
        "judgeable": bool(known),
        "retracted": False,
        "series": _series(event, judgeable=bool(known)),
    }


def _series(event: m.Measured, *, judgeable: bool) -> str | None:
    if event.purpose is not Purpose.MONITORING:
        return None
    unit, direction = (event.standard_unit, event.direction) if judgeable else ("", "")
    # An id, not the text: a segment may be longer than what PostgreSQL takes into an index.
    return str(named("series", direction, unit, m.segment_text(event.segment)))


LIST = ListView(
    kind="metric",
    key="measurement",
    path="measurements",
    title="Measurements",
    lead="What was measured of each system, with its unit, samples and source.",
    columns=(
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="metric", label="Metric", filters=True),
        ListColumn(name="segment", label="Segment"),
        ListColumn(name="value", label="Value"),
        ListColumn(name="unit", label="Unit"),
        ListColumn(name="direction", label="Better", vocabulary=Direction),
        ListColumn(name="n", label="Samples"),
        ListColumn(name="since", label="From", cell=CellKind.TIME),
        ListColumn(name="until", label="Until", cell=CellKind.TIME),
        ListColumn(name="purpose", label="Purpose", vocabulary=Purpose, filters=True),
        ListColumn(name="release", label="Release", filters=True),
        ListColumn(name="model", label="Model"),
        ListColumn(name="dataset", label="Data set"),
        ListColumn(name="tool", label="Tool"),
        ListColumn(name="judgeable", label="Judgeable", cell=CellKind.FLAG),
        ListColumn(name="retracted", label="Retracted", cell=CellKind.FLAG),
    ),
)

MEASUREMENTS = Projection(
    name="measurements",
    version=2,
    kinds=frozenset({"metric"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(
        ("metric", "until"),
        ("system_id", "metric", "until"),
        # What objectives sum, of one series and without its rows.
        ("system_id", "metric", "series", "until", "n", "standard"),
    ),
    listing=LIST,
)
