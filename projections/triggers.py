"""Triggers that fired: one row for each trigger, system, metric, segment and, of a drop, quarter.

Source: runbook section 6.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from sqlalchemy import Column, Float, Integer, String

from ledger.domain import trigger as t
from ledger.domain.envelope import Recorded
from ledger.domain.metric import segment_text
from ledger.vocabulary import TriggerStatus
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; the other columns are of the last time that it fired.

    `improvement` is the id of what it proposed.
    """
    yield Column("trigger_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("trigger", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("metric", String, nullable=False)
    yield Column("segment", String, nullable=False)
    yield Column("quarter", String)
    yield Column("status", String, nullable=False)
    yield Column("value", Float, nullable=False)
    yield Column("threshold", Float, nullable=False)
    yield Column("unit", String, nullable=False)
    yield Column("action", String, nullable=False)
    yield Column("improvement", String, nullable=False)
    yield Column("fired_at", String, nullable=False)
    yield Column("cleared_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The trigger of a system, metric and segment."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after one of its events."""
    event = cast("t.TriggerEvent", recorded.event)
    match event:
        case t.TriggerFired():
            return {
                "trigger_id": key[0],
                "leaf": recorded.leaf if row is None else row["leaf"],
                "trigger": event.trigger,
                "system": event.system,
                "metric": event.metric,
                "segment": segment_text(event.segment),
                "quarter": event.quarter or None,
                "status": TriggerStatus.FIRED.value,
                "value": event.value,
                "threshold": event.threshold,
                "unit": event.unit,
                "action": event.action,
                "improvement": event.improvement,
                "fired_at": time_text(event.at),
                "cleared_at": None,
            }
        case t.TriggerCleared():
            if row is None:
                raise ValueError(f"{recorded.stream} did not fire before leaf {recorded.leaf}")
            cleared = {"status": TriggerStatus.CLEARED.value, "cleared_at": time_text(event.at)}
            return {**row, **cleared}
        case _:
            assert_never(event)


LIST = ListView(
    kind="trigger",
    key="trigger_id",
    path="triggers",
    title="Triggers",
    lead="The triggers of the runbook that fired: drift, and quality that dropped.",
    columns=(
        ListColumn(name="trigger", label="Trigger", filters=True),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="metric", label="Metric"),
        ListColumn(name="segment", label="Segment"),
        ListColumn(name="quarter", label="Quarter"),
        ListColumn(name="status", label="Status", vocabulary=TriggerStatus, filters=True),
        ListColumn(name="value", label="Value"),
        ListColumn(name="threshold", label="Above"),
        ListColumn(name="action", label="Action"),
        ListColumn(name="fired_at", label="Fired", cell=CellKind.TIME),
        ListColumn(name="cleared_at", label="Cleared", cell=CellKind.TIME),
    ),
)

TRIGGERS = Projection(
    name="triggers",
    version=1,
    kinds=frozenset({"trigger"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
