"""The timeline: every event of an incident in order, as a sentence. One row per event."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.incident.describing import describe
from ledger.domain.incident.events import IncidentEvent
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`at` is business time, `recorded_at` the ledger's; `text` is the sentence."""
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, primary_key=True)
    yield Column("version", Integer, nullable=False)
    yield Column("at", String, nullable=False)
    yield Column("recorded_at", String, nullable=False)
    yield Column("type", String, nullable=False)
    yield Column("actor", String, nullable=False)
    yield Column("text", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """One row per event."""
    return ((subject(recorded), recorded.leaf),)


def evolve(_row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The event's row."""
    return {
        "incident": key[0],
        "leaf": recorded.leaf,
        "version": recorded.version,
        "at": time_text(recorded.event.at),
        "recorded_at": time_text(recorded.recorded_at),
        "type": recorded.event.name,
        "actor": recorded.actor,
        "text": describe(cast("IncidentEvent", recorded.event)),
    }


TIMELINE = Projection(
    name="timeline",
    version=2,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    inserts=True,
)
