"""What risks are linked with: incidents, controls, improvements, systems. One row each."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.risk import events as e
from ledger.domain.risk.state import link_of
from ledger.domain.stream_type import members
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text

Link = (
    e.RiskIncidentLinked
    | e.RiskControlLinked
    | e.RiskImprovementLinked
    | e.RiskSystemLinked
    | e.RiskUnlinked
)


def columns() -> Iterable[Column[Any]]:
    """`target` is an id, a control of the policy, or a system, by `kind`.

    `system` is that of a control, and empty without one. `linked` is false once it was removed;
    `leaf` and `at` are of the newest event.
    """
    yield Column("risk_id", String, primary_key=True)
    yield Column("kind", String, primary_key=True)
    yield Column("target", String, primary_key=True)
    yield Column("system", String, primary_key=True)
    yield Column("linked", Boolean, nullable=False)
    yield Column("leaf", Integer, nullable=False)
    yield Column("at", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The risk and what it is linked with."""
    event = recorded.event
    if not isinstance(event, Link):
        return ()
    link = link_of(event)
    return ((subject(recorded), link.kind.value, link.id, link.system or ""),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The link's row after an event."""
    return {
        "risk_id": key[0],
        "kind": key[1],
        "target": key[2],
        "system": key[3],
        "linked": not isinstance(recorded.event, e.RiskUnlinked),
        "leaf": recorded.leaf,
        "at": time_text(recorded.event.at),
    }


RISK_LINKS = Projection(
    name="risk_links",
    version=1,
    kinds=frozenset({"risk"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("kind", "target"),),
    events=frozenset(members(Link)),
)
