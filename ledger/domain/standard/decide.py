"""The rules of standards: each command gives the events that it causes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.envelope import stream_id
from ledger.domain.identity import system_id
from ledger.domain.standard import commands as c
from ledger.domain.standard import events as e
from ledger.domain.standard.state import Standard, evolve
from ledger.domain.standard.words import StandardKind
from ledger.domain.stream_type import Appended, Sender
from ledger.domain.system import System
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import after, in_utc, time_text

TIMES = ("in_force_from", "review_due")


def decide(
    command: c.StandardCommand,
    state: Standard,
    policy: Policy,
    now: datetime,
    sender: Sender | None = None,
) -> tuple[e.StandardEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.RegisterStandard():
            return _register(command, state, policy, now)
        case c.AmendStandard():
            _require_in_use(state)
            return _amend(command, state, now)
        case c.ChangeStandard():
            _require_in_use(state)
            return _change(command, state, policy, now)
        case c.ReviewStandard():
            _require_in_use(state)
            return _review(command, state, now, sender.actor if sender else "")
        case c.WithdrawStandard():
            return () if state.withdrawn else (e.StandardWithdrawn(at=now, reason=command.reason),)
        case c.MarkStandardReview():
            return _overdue(state, now) if command.due == state.review_due else ()
        case _:
            assert_never(command)


def systems_named(command: c.RegisterStandard | c.AmendStandard) -> tuple[str, ...]:
    """The streams of the systems that a command names: all have to be registered."""
    named = (stream_id("system", system_id(each)) for each in command.systems or ())
    return tuple(dict.fromkeys(named))


def scoped(
    command: c.RegisterStandard | c.AmendStandard,
    stream: str,
    states: Mapping[str, Any],
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """Registers or corrects a standard whose systems are on record. Raises Refused."""
    for each in command.systems or ():
        system: System = states[stream_id("system", system_id(each))]
        if not system.system or system.retired:
            raise Refused(
                "standard_for_registered",
                f"The system {each!r} "
                f"{'was retired' if system.retired else 'is not registered'}, and cannot be in "
                "the scope of a standard.",
                remedy="Name registered systems, as airledger systems lists them, or none for all.",
            )
    return (Appended(stream, decide(command, states[stream], policy, now, sender)),)


def _require_in_use(state: Standard) -> None:
    if state.withdrawn:
        raise Refused(
            "standard_withdrawn",
            f"{state.title} was withdrawn.",
            remedy="Register what took its place under an id of its own.",
        )


def _register(
    command: c.RegisterStandard, state: Standard, policy: Policy, now: datetime
) -> tuple[e.StandardEvent, ...]:
    registered = e.StandardRegistered(at=now, **_stated(command, policy))
    if state.standard:
        _require_in_use(state)
        alone = evolve(Standard(), registered)
        fields = set(e.StandardRegistered.__struct_fields__) - {"at"}
        if all(getattr(alone, field) == getattr(state, field) for field in fields):
            return ()
        raise Refused(
            "standard_registered",
            f"{state.title} ({state.standard}) is registered.",
            remedy="Record a new version with change, and correct what is wrong with amend.",
        )
    _require_ahead(registered.review_due or None, now)
    return (registered,)


def _stated(command: c.RegisterStandard, policy: Policy) -> dict[str, Any]:
    """What a command states, with what the policy says of the standard. Raises Invalid."""
    stated = dict(_fields(command))
    known = policy.standards.get(command.standard)
    if known is not None:
        stated.setdefault("title", known.label)
        stated.setdefault("standard_kind", StandardKind(known.kind))
        if known.reference is not None:
            stated.setdefault("reference", known.reference)
    missing = [field for field in ("title", "standard_kind") if field not in stated]
    if missing:
        raise Invalid(
            f"The policy has no standard {command.standard!r}, which would say what it is.",
            errors=[(field, "name it") for field in missing],
            remedy=f"Name these, or an id of the policy: {', '.join(policy.standards) or 'none'}.",
        )
    return stated


def _fields(command: c.RegisterStandard | c.AmendStandard) -> Iterator[tuple[str, Any]]:
    """What a command states, as events have it."""
    for name, value in asdict(command).items():
        if value is None:
            continue
        field = "version" if name == "edition" else name
        if field in TIMES:
            yield field, in_utc(value)
        else:
            yield field, tuple(value) if isinstance(value, list) else value


def _amend(command: c.AmendStandard, state: Standard, now: datetime) -> tuple[e.StandardEvent, ...]:
    given = dict(_fields(command))
    reason = given.pop("reason")
    if not given:
        raise Invalid(
            "The correction changes nothing.",
            errors=[("title", "give at least one field beside the reason")],
        )
    changed = {field: value for field, value in given.items() if value != getattr(state, field)}
    if not changed:
        return ()
    _require_ahead(changed.get("review_due"), now)
    return (*_overdue(state, now), e.StandardAmended(at=now, reason=reason, **changed))


def _change(
    command: c.ChangeStandard, state: Standard, policy: Policy, now: datetime
) -> tuple[e.StandardEvent, ...]:
    if command.edition == state.version:
        if command.summary == state.summary:
            return ()
        raise Refused(
            "version_changed",
            f"{state.title} has the version {state.version} already.",
            remedy="Name the version that it has now.",
        )
    within = policy.triggers.policy_update.reassess_within
    by = in_utc(command.reassess_by) if command.reassess_by else after(now, within)
    if by <= now:
        raise Refused(
            "reassessed_after_now",
            f"Nothing can be re-assessed until {time_text(by)}: it is {time_text(now)} now.",
            remedy="Name a time in the future, or none for that of the policy.",
        )
    changed = e.StandardChanged(
        at=now,
        version=command.edition,
        summary=command.summary,
        reassess_by=by,
        in_force_from=in_utc(command.in_force_from) if command.in_force_from else UNSET,
    )
    return (changed,)


def _review(
    command: c.ReviewStandard, state: Standard, now: datetime, person: str
) -> tuple[e.StandardEvent, ...]:
    again = in_utc(command.review_due) if command.review_due else None
    _require_ahead(again, now)
    reviewed = e.StandardReviewed(
        at=now, person=person, notes=command.notes or UNSET, review_due=again or UNSET
    )
    return (*_overdue(state, now), reviewed)


def _overdue(state: Standard, now: datetime) -> tuple[e.StandardReviewOverdue, ...]:
    """The mark of a standard that nobody looked at until its time; once."""
    due = state.review_due
    if due is None or state.withdrawn or state.overdue == due or now < due:
        return ()
    return (e.StandardReviewOverdue(at=due, due=due),)


def _require_ahead(due: datetime | None, now: datetime) -> None:
    if due is not None and due <= now:
        raise Refused(
            "review_after_now",
            f"Nobody can look at it until {time_text(due)}: it is {time_text(now)} now.",
            remedy="Name a time in the future.",
        )
