"""The read model of drills: goes to `projections/drills.py` of the copy."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain import drill as d  # type: ignore[attr-defined] # of the copy alone
from ledger.domain.envelope import Recorded
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """One row a drill; `leaf` is that of its first event."""
    yield Column("drill", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("due", String, nullable=False)
    yield Column("result", String)
    yield Column("overdue", Boolean, nullable=False)
    yield Column("incident", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The drill."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The drill's row after one of its events."""
    match recorded.event:
        case d.DrillPlanned() as planned:
            return {
                "drill": key[0],
                "leaf": recorded.leaf,
                "title": planned.title,
                "due": time_text(planned.due),
                "result": None,
                "overdue": False,
                "incident": planned.incident,
            }
        case d.DrillHeld() as held:
            return {**(row or {}), "result": held.result.value}
        case _:
            return {**(row or {}), "overdue": True}


DRILLS = Projection(
    name="drills",
    version=1,
    kinds=frozenset({"drill"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=ListView(
        kind="drill",
        key="drill",
        path="drills",
        title="Drills",
        lead="Every exercise of the runbook.",
        columns=(
            ListColumn(name="title", label="Title", filters=True),
            ListColumn(name="due", label="Due", cell=CellKind.TIME),
            ListColumn(name="result", label="Result", vocabulary=d.Result, filters=True),
            ListColumn(name="overdue", label="Overdue", cell=CellKind.FLAG),
            ListColumn(name="incident", label="Incident", cell=CellKind.INCIDENT),
        ),
    ),
)
