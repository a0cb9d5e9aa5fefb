"""Improvements: what was proposed for which system, why, and where each stands. One row each.

Source: runbook section 9.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from msgspec import UNSET
from sqlalchemy import Column, Integer, String

from ledger.domain import improvement as i
from ledger.domain.envelope import Recorded
from ledger.domain.text import plain_text
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `cause_leaf` that of the event which caused it.

    `owner` is an opaque id; `decided_at` is when it was accepted or rejected.
    """
    yield Column("improvement", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("improvement_kind", String, nullable=False)
    yield Column("cause", String, nullable=False)
    yield Column("cause_ref", String)
    yield Column("cause_leaf", Integer)
    yield Column("action", String)
    yield Column("status", String, nullable=False)
    yield Column("owner", String)
    yield Column("due", String)
    yield Column("proposed_at", String, nullable=False)
    yield Column("decided_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The improvement."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The improvement's row after one of its events."""
    event = cast("i.ImprovementEvent", recorded.event)
    if isinstance(event, i.ImprovementProposed):
        return {
            "improvement": key[0],
            "leaf": recorded.leaf,
            "title": plain_text(event.title),
            "system": event.system,
            "improvement_kind": event.improvement_kind.value,
            "cause": event.cause.kind.value,
            "cause_ref": event.cause.ref or None,
            "cause_leaf": None if event.cause.leaf is UNSET else event.cause.leaf,
            "action": plain_text(event.action) if event.action else None,
            "status": i.ImprovementStatus.PROPOSED.value,
            "owner": None,
            "due": None,
            "proposed_at": time_text(event.at),
            "decided_at": None,
        }
    if row is None:
        raise ValueError(f"{recorded.stream} was not proposed before leaf {recorded.leaf}")
    return {**row, **_changes(event)}


def _changes(event: i.ImprovementAccepted | i.ImprovementRejected) -> dict[str, Any]:
    match event:
        case i.ImprovementAccepted():
            return {
                "status": i.ImprovementStatus.ACCEPTED.value,
                "owner": event.owner,
                "due": time_text(event.due),
                "decided_at": time_text(event.at),
            }
        case i.ImprovementRejected():
            return {
                "status": i.ImprovementStatus.REJECTED.value,
                "decided_at": time_text(event.at),
            }
        case _:
            assert_never(event)


LIST = ListView(
    kind="improvement",
    key="improvement",
    path="improvements",
    title="Improvements",
    lead="What is to be improved, why, by whom and until when.",
    columns=(
        ListColumn(name="title", label="Title"),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="status", label="Status", vocabulary=i.ImprovementStatus, filters=True),
        ListColumn(
            name="improvement_kind", label="Kind", vocabulary=i.ImprovementKind, filters=True
        ),
        ListColumn(name="cause", label="Cause", vocabulary=i.CauseKind, filters=True),
        ListColumn(name="cause_ref", label="Caused by"),
        ListColumn(name="action", label="Action"),
        ListColumn(name="owner", label="Owner"),
        ListColumn(name="due", label="Due", cell=CellKind.TIME),
        ListColumn(name="proposed_at", label="Proposed", cell=CellKind.TIME),
        ListColumn(name="decided_at", label="Decided", cell=CellKind.TIME),
    ),
)

IMPROVEMENTS = Projection(
    name="improvements",
    version=1,
    kinds=frozenset({"improvement"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
