"""Roles that somebody holds, as a fold of his stream, and the rules of granting them.

A role holds for the organisation, or for one system. The stream of a holder has what was granted to
him, what others delegated to him, and which other ids are the same human's.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.access import role_events as e
from ledger.domain.identity import access_id
from ledger.errors import Invalid, NotFound, Refused
from ledger.policy import Guards
from ledger.policy.flow import did_you_mean
from ledger.policy.times import time_text
from ledger.vocabulary import RoleBasis

FROM_PROVIDER = timedelta(hours=24)
"""How long a role lasts that a log-in at the provider gives; the next log-in renews it."""
RENEWED_AFTER = timedelta(hours=1)
"""A log-in so soon after the one before renews nothing."""
LONGEST_GLASS = timedelta(hours=8)
"""So long at most the glass stays broken."""


class RoleAt(NamedTuple):
    """A role, for one system or, with None, for the organisation."""

    role: str
    system: str | None = None

    def holds_for(self, system: str | None) -> bool:
        """Whether it holds for a system; for the organisation, with None."""
        return self.system in {None, system}

    def covers(self, other: "RoleAt") -> bool:
        """Whether it is the same role, and holds where the other one does."""
        return self.role == other.role and self.holds_for(other.system)


class HeldBy(NamedTuple):
    """A role, and on which basis somebody holds it."""

    at: RoleAt
    basis: RoleBasis


class DelegatedBy(NamedTuple):
    """A role, and who delegated it."""

    at: RoleAt
    holder: str


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody holds: roles with the end of each (None: none), and delegations with theirs.

    `joined` are other ids of the same human. Until `glass_until` the glass is broken.
    """

    roles: Mapping[HeldBy, datetime | None] = {}
    delegations: Mapping[DelegatedBy, datetime] = {}
    joined: frozenset[str] = frozenset()
    glass_until: datetime | None = None

    def holds(self, at: datetime) -> Iterator[RoleAt]:
        """The roles that were granted and have not ended."""
        for held, until in self.roles.items():
            if until is None or at < until:
                yield held.at

    def has(self, wanted: RoleAt, at: datetime) -> bool:
        """Whether a grant covers a role, for its system or for the organisation."""
        return any(held.covers(wanted) for held in self.holds(at))

    def delegated(self, at: datetime) -> Iterator[DelegatedBy]:
        """The delegations that have not ended; each falls with the role of who delegated it."""
        return (of for of, until in self.delegations.items() if at < until)


class GrantRole(msgspec.Struct, frozen=True, kw_only=True):
    """Grant a role."""

    holder: str
    at: RoleAt
    until: datetime | None = None


class RevokeRole(msgspec.Struct, frozen=True, kw_only=True):
    """Take a role back, on whichever basis it is held."""

    holder: str
    at: RoleAt
    reason: str = ""


class RenewRoles(msgspec.Struct, frozen=True, kw_only=True):
    """The provider says which roles somebody has: all others that it gave before end."""

    holder: str
    roles: tuple[RoleAt, ...]


class DelegateRole(msgspec.Struct, frozen=True, kw_only=True):
    """Let a deputy act in a role of one's own until a time."""

    holder: str
    deputy: str
    at: RoleAt
    until: datetime


class EndDelegation(msgspec.Struct, frozen=True, kw_only=True):
    """Take a delegation back."""

    holder: str
    deputy: str
    at: RoleAt


class JoinPersons(msgspec.Struct, frozen=True, kw_only=True):
    """Say that two ids are one human's."""

    person: str
    other: str


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True):
    """Act without the RACI and without a second person, for a reason."""

    holder: str
    reason: str
    until: datetime


RoleCommand = (
    GrantRole | RevokeRole | RenewRoles | DelegateRole | EndDelegation | JoinPersons | BreakGlass
)


def holder_stream(actor: str) -> UUID:
    """The id of the access stream of an actor: a person, or a source."""
    return access_id("holder", actor)


def stream_owner(command: RoleCommand) -> str:
    """The actor whose stream a command is decided by, and recorded in."""
    match command:
        case DelegateRole() | EndDelegation():
            return command.deputy
        case JoinPersons():
            return command.person
        case _:
            return command.holder


def decide(
    command: RoleCommand, state: Holder, guards: Guards, now: datetime
) -> tuple[e.RoleEvent, ...]:
    """The events of a command, for the stream of `stream_owner`. Raises Refused, Invalid, NotFound.

    What is so already is nothing to do. Whoever calls it has checked who asks, and that a delegated
    role is held.
    """
    match command:
        case GrantRole():
            return _granted(command, state, guards, now)
        case RevokeRole():
            return _revoked(command, state, now)
        case RenewRoles():
            return tuple(_renewed(command, state, guards, now))
        case DelegateRole():
            return _delegated(command, state, guards, now)
        case EndDelegation():
            return _ended(command, state, now)
        case JoinPersons():
            return _joined(command, state, now)
        case BreakGlass():
            return _broken(command, now)
        case _:
            assert_never(command)


def require_role(guards: Guards, role: str) -> None:
    """Raises Invalid for a role that the policy does not name."""
    known = guards.role_labels
    if role not in known:
        raise Invalid(
            f"There is no role {role!r}.{did_you_mean(role, known)}",
            errors=[("role", f"expected one of {', '.join(known)}")],
            remedy="Name one of these, or add it to the policy's roles.",
        )


def _granted(
    command: GrantRole, state: Holder, guards: Guards, now: datetime
) -> tuple[e.RoleEvent, ...]:
    require_role(guards, command.at.role)
    _require_to_come(command.until, now)
    held = HeldBy(command.at, RoleBasis.ADMIN)
    if held in state.roles and state.roles[held] == command.until:
        return ()
    return (_grant(command.holder, held, command.until, now),)


def _grant(holder: str, held: HeldBy, until: datetime | None, now: datetime) -> e.RoleGranted:
    return e.RoleGranted(
        at=now,
        holder=holder,
        role=held.at.role,
        system=held.at.system or UNSET,
        basis=held.basis,
        until=until or UNSET,
    )


def _revoke(holder: str, held: HeldBy, reason: str, now: datetime) -> e.RoleRevoked:
    return e.RoleRevoked(
        at=now,
        holder=holder,
        role=held.at.role,
        system=held.at.system or UNSET,
        basis=held.basis,
        reason=reason or UNSET,
    )


def _revoked(command: RevokeRole, state: Holder, now: datetime) -> tuple[e.RoleEvent, ...]:
    bases = [
        held
        for held, until in state.roles.items()
        if held.at == command.at and (until is None or now < until)
    ]
    if not bases:
        raise _not_held(command.at)
    return tuple(_revoke(command.holder, held, command.reason, now) for held in bases)


def _renewed(
    command: RenewRoles, state: Holder, guards: Guards, now: datetime
) -> Iterator[e.RoleEvent]:
    until = now + FROM_PROVIDER
    wanted = {HeldBy(at, RoleBasis.PROVIDER) for at in command.roles}
    for held in sorted(wanted, key=str):
        ends = state.roles.get(held)
        known = held.at.role in guards.role_labels
        if known and (ends is None or until - ends >= RENEWED_AFTER):
            yield _grant(command.holder, held, until, now)
    for held, ends in state.roles.items():
        if held.basis is RoleBasis.PROVIDER and held not in wanted and ends and now < ends:
            yield _revoke(command.holder, held, "", now)


def _delegated(
    command: DelegateRole, state: Holder, guards: Guards, now: datetime
) -> tuple[e.RoleEvent, ...]:
    require_role(guards, command.at.role)
    _require_to_come(command.until, now)
    if command.deputy == command.holder or command.holder in state.joined:
        raise Refused(
            "deputy_is_holder",
            "Nobody is his own deputy.",
            remedy="Name another person.",
        )
    if state.delegations.get(DelegatedBy(command.at, command.holder)) == command.until:
        return ()
    return (
        e.RoleDelegated(
            at=now,
            holder=command.holder,
            deputy=command.deputy,
            role=command.at.role,
            system=command.at.system or UNSET,
            until=command.until,
        ),
    )


def _ended(command: EndDelegation, state: Holder, now: datetime) -> tuple[e.RoleEvent, ...]:
    until = state.delegations.get(DelegatedBy(command.at, command.holder))
    if until is None or until <= now:
        raise NotFound(
            f"There is no such delegation of the role {command.at.role!r}.",
            remedy="See airledger role list.",
        )
    return (
        e.DelegationEnded(
            at=now,
            holder=command.holder,
            deputy=command.deputy,
            role=command.at.role,
            system=command.at.system or UNSET,
        ),
    )


def _joined(command: JoinPersons, state: Holder, now: datetime) -> tuple[e.RoleEvent, ...]:
    if command.person == command.other:
        raise Refused(
            "same_person", "Both are the same id already.", remedy="Name two different ones."
        )
    if command.other in state.joined:
        return ()
    return (e.PersonsJoined(at=now, person=command.person, other=command.other),)


def _broken(command: BreakGlass, now: datetime) -> tuple[e.RoleEvent, ...]:
    _require_to_come(command.until, now)
    if command.until - now > LONGEST_GLASS:
        raise Invalid(
            f"The glass cannot stay broken until {time_text(command.until)}.",
            errors=[("until", "expected at most 8 hours from now")],
            remedy="Name a shorter time; break it again if that is not enough.",
        )
    if not command.reason.strip():
        raise Invalid("Breaking the glass needs a reason.", errors=[("reason", "it is empty")])
    return (
        e.GlassBroken(at=now, holder=command.holder, reason=command.reason, until=command.until),
    )


def _not_held(at: RoleAt) -> Refused:
    where = f" for {at.system}" if at.system else " for the organisation"
    return Refused(
        "role_not_held",
        f"The role {at.role!r} is not held{where}.",
        remedy="See airledger role list: it may have ended, or hold elsewhere.",
    )


def _require_to_come(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise Refused(
            "expired_already",
            f"It would have ended at {time_text(until)}.",
            remedy="Name a time that is still to come, or a span such as 14d.",
        )


def _role_in(
    event: e.RoleGranted | e.RoleRevoked | e.RoleDelegated | e.DelegationEnded,
) -> RoleAt:
    return RoleAt(event.role, event.system or None)


def evolve(state: Holder, event: e.RoleEvent) -> Holder:
    """The state after an event."""
    match event:
        case e.RoleGranted():
            held = HeldBy(_role_in(event), event.basis)
            return replace(state, roles={**state.roles, held: event.until or None})
        case e.RoleRevoked():
            held = HeldBy(_role_in(event), event.basis)
            left = {each: until for each, until in state.roles.items() if each != held}
            return replace(state, roles=left)
        case e.RoleDelegated():
            of = DelegatedBy(_role_in(event), event.holder)
            return replace(state, delegations={**state.delegations, of: event.until})
        case e.DelegationEnded():
            of = DelegatedBy(_role_in(event), event.holder)
            kept = {each: until for each, until in state.delegations.items() if each != of}
            return replace(state, delegations=kept)
        case e.PersonsJoined():
            return replace(state, joined=state.joined | {event.other, event.person})
        case e.GlassBroken():
            return replace(state, glass_until=event.until)
        case _:
            assert_never(event)
