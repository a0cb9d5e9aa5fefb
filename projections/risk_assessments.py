"""The assessments of risks, each in a row: what the register came to at any time."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.risk import events as e
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the assessment; score, band and `tolerated` are as judged then,
    by the matrix of that digest."""
    yield Column("risk_id", String, primary_key=True)
    yield Column("leaf", Integer, primary_key=True)
    yield Column("level", String, nullable=False)
    yield Column("assessed_at", String, nullable=False)
    yield Column("likelihood", String, nullable=False)
    yield Column("impact", String, nullable=False)
    yield Column("matrix", String, nullable=False)
    yield Column("score", Integer, nullable=False)
    yield Column("band", String, nullable=False)
    yield Column("tolerated", Boolean, nullable=False)
    yield Column("person", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The risk and the leaf."""
    return ((subject(recorded), recorded.leaf),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row of an assessment."""
    event = recorded.event
    if not isinstance(event, e.RiskAssessed):
        raise TypeError(f"{event.name} is no assessment")
    return {
        "risk_id": key[0],
        "leaf": key[1],
        "level": event.level.value,
        "assessed_at": time_text(event.at),
        "likelihood": event.likelihood,
        "impact": event.impact,
        "matrix": event.matrix,
        "score": event.score,
        "band": event.band,
        "tolerated": event.tolerated,
        "person": event.person,
    }


RISK_ASSESSMENTS = Projection(
    name="risk_assessments",
    version=2,
    kinds=frozenset({"risk"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("level", "assessed_at"),),
    events=frozenset({e.RiskAssessed}),
    inserts=True,
)
