"""Who holds which role, who is whose deputy, and when the glass was broken. One row a grant.

Source: runbook section 3 (roles).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType
from sqlalchemy import Column, Integer, String

from ledger.domain.access import role_events as e
from ledger.domain.envelope import Recorded
from projections.engine.projection import Key, Projection, Row
from projections.values import plain_text, time_text

DEPUTY, GLASS, JOINED = "deputy", "glass", "joined"
"""The bases of rows that are no grant: a delegation, a broken glass, two ids of one human."""


def columns() -> Iterable[Column[Any]]:
    """`holder` and `delegator` are opaque ids, `system` is empty for the organisation.

    `delegator` is the other id, where two are one human's. `since` and `until` bound the newest
    grant; `ended_at` is when it was taken back. `by` is who made it, and `leaf` where the log has
    it.
    """
    yield Column("holder", String, primary_key=True)
    yield Column("role", String, primary_key=True)
    yield Column("system", String, primary_key=True)
    yield Column("basis", String, primary_key=True)
    yield Column("delegator", String, primary_key=True)
    yield Column("since", String, nullable=False)
    yield Column("until", String)
    yield Column("ended_at", String)
    yield Column("reason", String)
    yield Column("by", String, nullable=False)
    yield Column("leaf", Integer, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The grant or delegation that the event is about; events of tokens have none."""
    match recorded.event:
        case e.RoleGranted() | e.RoleRevoked() as of:
            return ((of.holder, of.role, of.system or "", str(of.basis), ""),)
        case e.RoleDelegated() | e.DelegationEnded() as of:
            return ((of.deputy, of.role, of.system or "", DEPUTY, of.holder),)
        case e.PersonsJoined() as of:
            return ((of.person, "", "", JOINED, of.other),)
        case e.GlassBroken() as of:
            return ((of.holder, "", "", GLASS, ""),)
        case _:
            return ()


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after an event."""
    event = recorded.event
    match event:
        case e.RoleGranted() | e.RoleDelegated() | e.GlassBroken() | e.PersonsJoined():
            reason = plain_text(event.reason) if isinstance(event, e.GlassBroken) else None
            return {
                **_key(key),
                "since": time_text(event.at),
                "until": None if isinstance(event, e.PersonsJoined) else _until(event.until),
                "ended_at": None,
                "reason": reason,
                "by": recorded.actor,
                "leaf": recorded.leaf,
            }
        case _:
            if row is None:
                raise ValueError(f"{recorded.stream} has no grant before leaf {recorded.leaf}")
            return {**row, "ended_at": time_text(event.at), "leaf": recorded.leaf}


def _key(key: Key) -> dict[str, Any]:
    names = ("holder", "role", "system", "basis", "delegator")
    return dict(zip(names, key, strict=True))


def _until(until: datetime | UnsetType) -> str | None:
    return None if until is UNSET else time_text(until)


ROLES = Projection(
    name="roles",
    version=1,
    kinds=frozenset({"access"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("role", "system", "holder"), ("basis", "until")),
    events=frozenset(
        {
            *(e.RoleGranted, e.RoleRevoked, e.RoleDelegated, e.DelegationEnded),
            *(e.GlassBroken, e.PersonsJoined),
        }
    ),
)
