"""Objectives that were breached: one row for each objective, system and segment.

Source: runbook section 4.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from sqlalchemy import Column, Float, Integer, String

from ledger.domain import objective as o
from ledger.domain.envelope import Recorded
from ledger.domain.identity import system_id
from ledger.domain.metric import segment_text
from ledger.vocabulary import BreachStatus
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; the other columns are of the last breach.

    `value` and `threshold` are what was compared: a value with the target, or a burn rate with the
    rate allowed. `breaches` counts them.
    """
    yield Column("objective_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("objective", String, nullable=False)
    yield Column("system_id", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("metric", String, nullable=False)
    yield Column("segment", String, nullable=False)
    yield Column("status", String, nullable=False)
    yield Column("rule", String, nullable=False)
    yield Column("value", Float, nullable=False)
    yield Column("threshold", Float, nullable=False)
    yield Column("breached_at", String, nullable=False)
    yield Column("recovered_at", String)
    yield Column("breaches", Integer, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The objective of a system in a segment."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after one of its events."""
    event = cast("o.ObjectiveEvent", recorded.event)
    match event:
        case o.ObjectiveBreached():
            return {
                "objective_id": key[0],
                "leaf": recorded.leaf if row is None else row["leaf"],
                "objective": event.objective,
                "system_id": str(system_id(event.system)),
                "system": event.system,
                "metric": event.metric,
                "segment": segment_text(event.segment),
                "status": BreachStatus.BREACHED.value,
                "rule": event.rule,
                "value": event.value,
                "threshold": event.limit,
                "breached_at": time_text(event.at),
                "recovered_at": None,
                "breaches": 1 if row is None else row["breaches"] + 1,
            }
        case o.ObjectiveRecovered():
            if row is None:
                raise ValueError(f"{recorded.stream} was not breached before leaf {recorded.leaf}")
            status = BreachStatus.RECOVERED.value
            return {**row, "status": status, "recovered_at": time_text(event.at)}
        case _:
            assert_never(event)


LIST = ListView(
    kind="objective",
    key="objective_id",
    path="breaches",
    title="Breaches",
    lead="The objectives that were breached, by system, with the last breach of each.",
    columns=(
        ListColumn(name="objective", label="Objective", filters=True),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="segment", label="Segment"),
        ListColumn(name="status", label="Status", vocabulary=BreachStatus, filters=True),
        ListColumn(name="rule", label="Found by"),
        ListColumn(name="value", label="Value"),
        ListColumn(name="threshold", label="Against"),
        ListColumn(name="breached_at", label="Breached", cell=CellKind.TIME),
        ListColumn(name="recovered_at", label="Recovered", cell=CellKind.TIME),
        ListColumn(name="breaches", label="Breaches"),
    ),
)

BREACHES = Projection(
    name="breaches",
    version=1,
    kinds=frozenset({"objective"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
