"""The reviews as launched, and where each stands. One row per review.

The current count of a month is a query. Source: runbook section 6, "Launch RCA review".
"""

from collections.abc import Iterable
from typing import Any, cast

from msgspec import UnsetType
from sqlalchemy import JSON, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.review import (
    ReviewAmended,
    ReviewAssigned,
    ReviewConcluded,
    ReviewEvent,
    ReviewLaunched,
    ReviewOverdue,
)
from projections.engine.projection import Key, Projection, Row
from projections.engine.types import Sparse
from projections.values import plain_text, subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the event which crossed the threshold, `launched_leaf` the review's own.

    `launched_at` is when the ledger knew of the crossing, `recorded_at` when it wrote the review.
    `overdue_recorded_at` is when the ledger recorded that it was not concluded at `due`.
    """
    yield Column("review", String, primary_key=True)
    yield Column("month", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("threshold", Integer, nullable=False)
    yield Column("zone", String, nullable=False)
    yield Column("action", String, nullable=False)
    yield Column("count", Integer, nullable=False)
    yield Column("incidents", JSON, nullable=False)
    yield Column("leaf", Integer, nullable=False)
    yield Column("launched_leaf", Integer, nullable=False)
    yield Column("launched_at", String, nullable=False)
    yield Column("recorded_at", String, nullable=False)
    yield Column("version", Integer, nullable=False)
    yield Column("due", String)
    yield Column("owner", String)
    yield Column("findings", String)
    yield Column("actions", Sparse(list))
    yield Column("concluded_at", String)
    yield Column("overdue_recorded_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The review."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The review's row after one of its events."""
    event = cast("ReviewEvent", recorded.event)
    if isinstance(event, ReviewLaunched):
        return _launched(event, recorded, key)
    if row is None:
        raise ValueError(f"{recorded.stream} has no launch before leaf {recorded.leaf}")
    return {**row, "version": recorded.version, **_changes(event, recorded)}


def _launched(event: ReviewLaunched, recorded: Recorded, key: Key) -> Row:
    return {
        "review": key[0],
        "month": event.month,
        "system": event.system,
        "threshold": event.threshold,
        "zone": event.zone,
        "action": event.action,
        "count": event.count,
        "incidents": [str(incident) for incident in event.incidents],
        "leaf": event.leaf,
        "launched_leaf": recorded.leaf,
        "launched_at": time_text(event.at),
        "recorded_at": time_text(recorded.recorded_at),
        "version": recorded.version,
        "due": time_text(event.due) if event.due else None,
        "owner": None,
        "findings": None,
        "actions": [],
        "concluded_at": None,
        "overdue_recorded_at": None,
    }


def _changes(event: ReviewEvent, recorded: Recorded) -> dict[str, Any]:
    match event:
        case ReviewAssigned():
            return {"owner": event.owner}
        case ReviewConcluded():
            return {
                "findings": plain_text(event.findings),
                "actions": [plain_text(each) for each in event.actions],
                "concluded_at": time_text(event.at),
            }
        case ReviewAmended():
            return _amended(event)
        case ReviewOverdue():
            return {"overdue_recorded_at": time_text(recorded.recorded_at)}
        case _:
            return {}


def _amended(event: ReviewAmended) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if not isinstance(event.findings, UnsetType):
        changes["findings"] = plain_text(event.findings)
    if not isinstance(event.actions, UnsetType):
        changes["actions"] = [plain_text(each) for each in event.actions]
    if event.concluded_at:
        changes["concluded_at"] = time_text(event.concluded_at)
    return changes


REVIEWS = Projection(
    name="reviews",
    version=2,
    kinds=frozenset({"review"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("month", "system"), ("launched_leaf",)),
)
