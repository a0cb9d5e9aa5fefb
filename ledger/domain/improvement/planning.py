"""Plan: what is proposed, accepted, rejected, and put off."""

from datetime import datetime

from msgspec import UNSET

from ledger.domain.improvement import commands as c
from ledger.domain.improvement import events as e
from ledger.domain.improvement.criterion import States, criterion_of, incident_of
from ledger.domain.improvement.rules import due_after_now, overdue, require_undecided, stands
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import CauseKind, ImprovementStatus
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.times import in_utc


def proposed(command: c.ProposeImprovement, now: datetime) -> e.ImprovementProposed:
    """What a person or a program proposes. Raises Refused."""
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
        system=command.system or "",
        improvement_kind=command.improvement_kind,
        cause=e.ImprovementCause(
            kind=command.cause,
            ref=command.cause_ref or UNSET,
            leaf=UNSET if command.cause_leaf is None else command.cause_leaf,
        ),
        action=command.action or UNSET,
    )


def fired(command: c.ProposeFromTrigger, state: Improvement) -> tuple[e.ImprovementEvent, ...]:
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


def accept(
    command: c.AcceptImprovement,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """It will be done. Raises Refused, and Invalid for half a criterion."""
    state: Improvement = states[stream]
    criterion = criterion_of(command, state, states, policy)
    if state.status is ImprovementStatus.ACCEPTED and state.done_at is None:
        given = (command.owner, in_utc(command.due), command.success, criterion)
        if given == (state.owner, state.due, state.success, state.criterion):
            return ()
    require_undecided(state, "accepted")
    accepted = e.ImprovementAccepted(
        at=now,
        owner=command.owner,
        due=due_after_now(command.due, now),
        success=command.success or UNSET,
        criterion=criterion or UNSET,
    )
    return (Appended(stream, (accepted,)),)


def read_to_accept(command: c.AcceptImprovement, stream: str, states: States) -> tuple[str, ...]:
    """The incident that is not to happen again."""
    incident = incident_of(command, states[stream])
    return () if incident is None else (incident,)


def reject(
    command: c.RejectImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """It will not be done. Raises Refused."""
    if state.status is ImprovementStatus.REJECTED and command.reason == state.reason:
        return ()
    require_undecided(state, "rejected")
    return (e.ImprovementRejected(at=now, reason=command.reason),)


def reschedule(
    command: c.RescheduleImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """It will be done by another time. Raises Refused."""
    if state.status is not ImprovementStatus.ACCEPTED:
        raise Refused(
            "nothing_due",
            f"The improvement is {stands(state)}: only what is accepted and not done yet has a "
            "due time.",
            remedy="Accept it with a due time, or reopen it with one.",
        )
    if state.due is None or in_utc(command.due) == state.due:
        return ()
    due = due_after_now(command.due, now)
    changed = e.ImprovementDueChanged(at=now, from_=state.due, to=due, reason=command.reason)
    return (*overdue(state, now), changed)


def mark_overdue(
    command: c.MarkImprovementOverdue, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """The mark of the clock, for the due time that it looked at."""
    return overdue(state, now) if command.due == state.due else ()
