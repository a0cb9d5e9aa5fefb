"""The timeline: every event of an incident in order, as a sentence and in its fields.

One row per event.
"""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Event, Recorded
from ledger.domain.incident.describing import describe
from ledger.domain.incident.events import AlertLinked, Amended, IncidentEvent, LinkedAlertResolved
from projections.engine.projection import Key, Projection, Row
from projections.engine.types import Sparse
from projections.fields import written_fields
from projections.values import acting_fields, subject, time_text

DERIVED = frozenset(
    {
        *("month", "rca_due", "at_risk_at", "counts"),  # of the policy
        *("basis", "group", "number", "part", "parts"),
        *("alerts", "stale", "steps"),  # as many as fit an event
    }
)
"""The fields of an incident's events that nobody wrote."""
DERIVED_OF_A_CORRECTION = DERIVED | {"moves", "shortened"}


def columns() -> Iterable[Column[Any]]:
    """`at` is business time, `recorded_at` the ledger's; `text` is the sentence.

    `acting` is as what the actor acted. `fields` is what was written (see `projections.fields`).
    `record` is the leaf of an event that people or programs wrote, and empty for an alert's joining
    and ending: a storm has thousands.
    """
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, primary_key=True)
    yield Column("version", Integer, nullable=False)
    yield Column("at", String, nullable=False)
    yield Column("recorded_at", String, nullable=False)
    yield Column("type", String, nullable=False)
    yield Column("actor", String, nullable=False)
    yield Column("acting", Sparse(dict))
    yield Column("text", String, nullable=False)
    yield Column("fields", Sparse(dict))
    yield Column("record", Integer)


def keys(recorded: Recorded) -> Iterable[Key]:
    """One row per event."""
    return ((subject(recorded), recorded.leaf),)


def is_record(event: Event) -> bool:
    """Whether people or programs wrote an event: not an alert's joining and ending."""
    return not isinstance(event, AlertLinked | LinkedAlertResolved)


def evolve(_row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The event's row."""
    event = cast("IncidentEvent", recorded.event)
    record = is_record(event)
    derived = DERIVED_OF_A_CORRECTION if isinstance(event, Amended) else DERIVED
    return {
        "incident": key[0],
        "leaf": recorded.leaf,
        "version": recorded.version,
        "at": time_text(recorded.event.at),
        "recorded_at": time_text(recorded.recorded_at),
        "type": recorded.event.name,
        "actor": recorded.actor,
        "acting": acting_fields(recorded.acting),
        "text": describe(event),
        "fields": written_fields(event, without=derived) if record else {},
        "record": recorded.leaf if record else None,
    }


TIMELINE = Projection(
    name="timeline",
    version=4,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    sparse_indexes=(("incident", "record"),),
    inserts=True,
)
