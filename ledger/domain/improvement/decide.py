"""The rules of improvements: each command gives the events that it causes."""

from datetime import datetime
from typing import assert_never

from msgspec import UNSET

from ledger.domain.improvement import commands as c
from ledger.domain.improvement import events as e
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import CauseKind, ImprovementStatus
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.times import in_utc, time_text


def decide(
    command: c.ImprovementCommand, state: Improvement, policy: Policy, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.ProposeImprovement():
            return (_proposed(command, now),)
        case c.ProposeFromTrigger():
            return _fired(command, state)
        case c.AcceptImprovement():
            return _accept(command, state, now)
        case c.RejectImprovement():
            return _reject(command, state, now)
        case _:
            assert_never(command)


def _proposed(command: c.ProposeImprovement, now: datetime) -> e.ImprovementProposed:
    if command.cause is not CauseKind.PERSON and command.cause_ref is None:
        raise Refused(
            "cause_named",
            f"The cause is {command.cause.label.lower()} ({command.cause.value}), and nothing "
            "says which.",
            remedy="Name it with cause_ref: a reference such as INC-7, an id, or a name.",
        )
    return e.ImprovementProposed(
        at=now,
        title=command.title,
        system=command.system,
        improvement_kind=command.improvement_kind,
        cause=e.ImprovementCause(
            kind=command.cause,
            ref=command.cause_ref or UNSET,
            leaf=UNSET if command.cause_leaf is None else command.cause_leaf,
        ),
        action=command.action or UNSET,
    )


def _fired(command: c.ProposeFromTrigger, state: Improvement) -> tuple[e.ImprovementEvent, ...]:
    """The first proposal is the only one: a second, from wherever, is nothing to do."""
    if state.status is not None:
        return ()
    return (
        e.ImprovementProposed(
            at=command.at,
            title=command.title,
            system=command.system,
            improvement_kind=command.improvement_kind,
            cause=command.cause,
            action=command.action or UNSET,
        ),
    )


def _accept(
    command: c.AcceptImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    due = in_utc(command.due)
    if state.status is ImprovementStatus.ACCEPTED:
        same = (command.owner, due, command.success) == (state.owner, state.due, state.success)
        if same:
            return ()
    _require_undecided(state, "accepted")
    if due <= now:
        raise Refused(
            "due_after_now",
            f"It cannot have to be done by {time_text(due)}: it is {time_text(now)} now.",
            remedy="Give a due time in the future.",
        )
    accepted = e.ImprovementAccepted(
        at=now, owner=command.owner, due=due, success=command.success or UNSET
    )
    return (accepted,)


def _reject(
    command: c.RejectImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    if state.status is ImprovementStatus.REJECTED and command.reason == state.reason:
        return ()
    _require_undecided(state, "rejected")
    return (e.ImprovementRejected(at=now, reason=command.reason),)


def _require_undecided(state: Improvement, what: str) -> None:
    if state.status is not ImprovementStatus.PROPOSED:
        was = "never proposed" if state.status is None else state.status.label.lower()
        raise Refused(
            "improvement_decided",
            f"The improvement was {was}, and cannot be {what} any more.",
            remedy="Propose another one.",
        )
