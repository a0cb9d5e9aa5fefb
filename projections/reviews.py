"""The launched reviews, as recorded. One row per review.

The current count of a month is a query. Source: runbook section 6, "Launch RCA review".
"""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import JSON, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.review import ReviewLaunched
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the event which crossed the threshold, `launched_leaf` the review's own.

    `launched_at` is when the ledger knew of the crossing, `recorded_at` when it wrote the review.
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


def keys(recorded: Recorded) -> Iterable[Key]:
    """The review."""
    return ((subject(recorded),),)


def evolve(_row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The review's row; it has one event."""
    event = cast("ReviewLaunched", recorded.event)
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
    }


REVIEWS = Projection(
    name="reviews",
    version=1,
    kinds=frozenset({"review"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("month", "system"),),
)
