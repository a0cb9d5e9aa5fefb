"""The rules of AI systems: each command gives the events that it causes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.identity import OWN_NAMES, SYSTEM_REFERENCE, name_key
from ledger.domain.system import commands as c
from ledger.domain.system import events as e
from ledger.domain.system.state import System, dependency, evolve
from ledger.domain.system.words import Classification, Phase
from ledger.errors import Invalid, Refused
from ledger.policy import UNASSIGNED, Policy
from ledger.policy.times import in_utc

RESERVED = frozenset({UNASSIGNED})
"""Names that are no system's: an alert without one is of `unassigned`."""


def decide(
    command: c.SystemCommand, state: System, policy: Policy, now: datetime
) -> tuple[e.SystemEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    if not isinstance(command, c.RegisterSystem | c.EndClassification | c.RemoveAlias):
        _require_in_use(state)
    match command:
        case c.RegisterSystem():
            return _register(command, state, now)
        case c.AmendSystem():
            return _amend(command, state, now)
        case c.ClassifySystem():
            until = in_utc(command.until) if command.until else UNSET
            classified = e.SystemClassified(
                at=now, risk_class=command.risk_class, basis=command.basis, until=until
            )
            return (classified,)
        case c.EndClassification():
            return _end_classification(state, now)
        case c.AddDependency():
            added = e.DependencyAdded(at=now, **_named(command))
            return () if dependency(added) in state.depends_on else (added,)
        case c.RemoveDependency():
            return _remove(command, state, now)
        case c.AddAlias():
            return _add_alias(command, state, now)
        case c.RemoveAlias():
            return _remove_alias(command, state, now)
        case c.BeginIteration():
            number = len(state.phases) + 1
            reason = command.reason or UNSET
            return (e.IterationBegun(at=now, iteration=number, cause=command.cause, reason=reason),)
        case c.EnterPhase():
            return _enter(command, state, now)
        case c.RetireSystem():
            retired = e.SystemRetired(
                at=now,
                data=command.data,
                keys=command.keys,
                users=command.users,
                open_clocks=command.open_clocks,
            )
            return (retired,)
        case _:
            assert_never(command)


def _require_in_use(state: System) -> None:
    if state.retired:
        raise Refused(
            "system_retired",
            f"The system {state.system!r} was retired.",
            remedy="Register another one under another name.",
        )


def _register(command: c.RegisterSystem, state: System, now: datetime) -> tuple[e.SystemEvent, ...]:
    name = command.system
    _require_not_reserved(name)
    registered = e.SystemRegistered(at=now, **dict(_fields(command)))
    if state.system and _says(registered, state):
        return ()
    if state.system:
        _require_in_use(state)
        raise Refused(
            "system_registered",
            f"The system {state.system!r} is registered; {name!r} is the same but for case or "
            "spaces."
            if state.system != name
            else f"The system {name!r} is registered.",
            remedy="Correct what is on record of it with amend.",
        )
    return (registered,)


def _require_not_reserved(name: str) -> None:
    if name.isdecimal() or SYSTEM_REFERENCE.fullmatch(name):
        raise Refused(
            "system_name_reserved",
            f"The name {name!r} reads as the reference of a system.",
            remedy="Use a name that is more than SYS-<number> or a number.",
        )
    if name.casefold() in RESERVED or name.casefold().startswith(OWN_NAMES):
        raise Refused(
            "system_name_reserved",
            f"The name {name!r} is the ledger's own.",
            remedy="Use the name that the system's alerts carry.",
        )


def _says(registered: e.SystemRegistered, state: System) -> bool:
    """Whether it states what is on record, and no less: what it leaves out is not there."""
    alone = evolve(System(), registered)
    return not state.retired and all(
        getattr(alone, field) == getattr(state, field)
        for field in c.RegisterSystem.__struct_fields__
    )


def _fields(command: c.RegisterSystem | c.AmendSystem) -> Iterator[tuple[str, Any]]:
    """What a command states; lists as an event has them."""
    for field, value in asdict(command).items():
        if value is not None and not (value == "" and isinstance(command, c.RegisterSystem)):
            yield field, tuple(value) if isinstance(value, list) else value


def _amend(command: c.AmendSystem, state: System, now: datetime) -> tuple[e.SystemEvent, ...]:
    given = dict(_fields(command))
    reason = given.pop("reason")
    if not given:
        raise Invalid(
            "The correction changes nothing.",
            errors=[("title", "give at least one field beside the reason")],
        )
    changed = {field: value for field, value in given.items() if value != getattr(state, field)}
    return (e.SystemAmended(at=now, reason=reason, **changed),) if changed else ()


def _end_classification(state: System, now: datetime) -> tuple[e.ClassificationEnded, ...]:
    """The mark of a classification that nobody renewed until its end; once."""
    until, risk_class = state.classified_until, state.risk_class
    if state.retired or state.classification is not Classification.HOLDS:
        return ()
    if until is None or risk_class is None or now < until:
        return ()
    return (e.ClassificationEnded(at=until, risk_class=risk_class),)


def _named(command: c.Dependency) -> dict[str, str]:
    return {field: value for field, value in asdict(command).items() if value is not None}


def _remove(command: c.RemoveDependency, state: System, now: datetime) -> tuple[e.SystemEvent, ...]:
    removed = e.DependencyRemoved(at=now, **_named(command))
    if dependency(removed) in state.depends_on:
        return (removed,)
    known = ", ".join(f"{of.supplier} {of.service}" for of in state.depends_on)
    raise Refused(
        "no_such_dependency",
        f"The system {state.system!r} does not depend on {command.supplier} {command.service}"
        f"{f' with the model {command.model}' if command.model else ''}.",
        remedy=f"It depends on {known or 'nothing'}.",
    )


def _add_alias(command: c.AddAlias, state: System, now: datetime) -> tuple[e.SystemEvent, ...]:
    _require_not_reserved(command.alias)
    known = {name_key(each) for each in state.aliases}
    if command.alias == state.system or name_key(command.alias) in known:
        return ()
    return (e.AliasAdded(at=now, alias=command.alias),)


def _remove_alias(
    command: c.RemoveAlias, state: System, now: datetime
) -> tuple[e.SystemEvent, ...]:
    if name_key(command.alias) in {name_key(each) for each in state.aliases}:
        return (e.AliasRemoved(at=now, alias=command.alias),)
    raise Refused(
        "no_such_alias",
        f"{command.alias!r} is no alias of the system {state.system!r}.",
        remedy=f"Its aliases are {', '.join(state.aliases) or 'none'}.",
    )


def _enter(command: c.EnterPhase, state: System, now: datetime) -> tuple[e.SystemEvent, ...]:
    number = command.iteration or len(state.phases)
    if number > len(state.phases):
        raise Refused(
            "no_such_iteration",
            f"The system {state.system!r} has {len(state.phases)} iterations, and no {number}.",
            remedy="Name one of them, or begin another one.",
        )
    phase = state.phases[number - 1]
    if command.phase is phase:
        return ()
    _require_order(command, phase)
    reason = command.reason or UNSET
    return (e.PhaseEntered(at=now, iteration=number, phase=command.phase, reason=reason),)


def _require_order(command: c.EnterPhase, phase: Phase) -> None:
    """Forward one at a time; back to any earlier one with a reason."""
    step = command.phase.place - phase.place
    if step > 1:
        following = list(Phase)[phase.place]
        raise Refused(
            "phase_order",
            f"The iteration is in {phase.label}; {command.phase.label} is {step} phases ahead.",
            remedy=f"Enter {following.label} ({following.value}) first.",
        )
    if step < 0 and not command.reason.strip():
        raise Refused(
            "reason_to_go_back",
            f"{command.phase.label} comes before {phase.label}, in which the iteration is.",
            remedy="Give the reason for going back.",
        )
