"""When risks were identified, closed and reopened: which were open at any time. One row each."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.risk import events as e
from ledger.domain.risk.words import RiskStatus
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the event; from `at` on the risk has that status."""
    yield Column("risk_id", String, primary_key=True)
    yield Column("leaf", Integer, primary_key=True)
    yield Column("status", String, nullable=False)
    yield Column("at", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The risk and the leaf."""
    return ((subject(recorded), recorded.leaf),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row of a change of status."""
    closed = isinstance(recorded.event, e.RiskClosed)
    return {
        "risk_id": key[0],
        "leaf": key[1],
        "status": (RiskStatus.CLOSED if closed else RiskStatus.OPEN).value,
        "at": time_text(recorded.event.at),
    }


RISK_STATUSES = Projection(
    name="risk_statuses",
    version=1,
    kinds=frozenset({"risk"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    events=frozenset({e.RiskIdentified, e.RiskClosed, e.RiskReopened}),
    inserts=True,
)
