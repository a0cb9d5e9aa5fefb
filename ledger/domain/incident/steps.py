"""Where each of the runbook's steps stands, and which event moves which step (section 7)."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ledger.domain.envelope import Event
from ledger.domain.incident import events as e
from ledger.vocabulary import Step, StepState

T = TypeVar("T")
Steps = Mapping[str, StepState]
"""Where each step stands that an incident owes, by its id, in order."""

AT_DETECTION: Steps = {
    step: StepState.NOT_APPLICABLE if step is Step.ROLLBACK else StepState.PENDING for step in Step
}
"""A rollback is due only where required; everything else is."""

_MOVED_BY: dict[type[Event], tuple[Step, StepState]] = {
    e.Contained: (Step.CONTAIN, StepState.DONE),
    e.Communicated: (Step.COMMUNICATE, StepState.DONE),
    e.Classified: (Step.CLASSIFY, StepState.DONE),
    e.TicketOpened: (Step.TICKET, StepState.DONE),
    e.RiskManagerNotified: (Step.NOTIFY_RISK_MANAGER, StepState.DONE),
    e.RollbackRequested: (Step.ROLLBACK, StepState.PENDING),
    e.RollbackExecuted: (Step.ROLLBACK, StepState.DONE),
    e.RollbackFailed: (Step.ROLLBACK, StepState.PENDING),
    e.RcaCompleted: (Step.RCA, StepState.DONE),
    e.PlaybookUpdated: (Step.PLAYBOOK, StepState.DONE),
    e.RcaApproved: (Step.RCA, StepState.DONE),
}

NEVER_WAIVED = frozenset({Step.RCA})
"""The root cause is always owed."""


def step_change(event: Event, rca: StepState, *, near_miss: bool) -> tuple[str, StepState] | None:
    """The step that an event moves, and where to; by the RCA's state and the kind before it.

    A near miss does not owe its RCA: where that is not done, it does not apply.
    """
    match event:
        case e.StepWaived():
            return event.step, StepState.WAIVED
        case e.StepDone():
            return event.step, StepState.DONE
        case e.NearMissDeclared():
            return (Step.RCA, StepState.NOT_APPLICABLE) if rca is StepState.PENDING else None
        case e.NearMissWithdrawn():
            return (Step.RCA, StepState.PENDING) if rca is StepState.NOT_APPLICABLE else None
        case e.RcaApprovalRequested():
            return Step.RCA, StepState.NOT_APPLICABLE if near_miss else StepState.PENDING
        case _:
            return _MOVED_BY.get(type(event))


def added_steps(event: Event) -> tuple[e.OwedStep, ...]:
    """The steps that an event adds to those that the incident owes."""
    if isinstance(event, e.IncidentDetected | e.Classified | e.Amended):
        return event.steps or ()
    return ()


def step_of(event: type[Event], named: str | None) -> str | None:
    """The step that an event of a type is about; `named` is the one that its fields name."""
    if event is e.StepWaived or event is e.StepDone:
        return named
    moved = _MOVED_BY.get(event)
    return moved[0] if moved else None


def with_added(
    steps: Mapping[str, T], added: Iterable[e.OwedStep], value: Callable[[e.OwedStep], T]
) -> dict[str, T]:
    """The steps in order with others at their places; what was there already stays as it is."""
    found = dict(steps)
    for each in added:
        if each.step in found:
            continue
        ids = list(found)
        place = (
            ids.index(each.after) + 1
            if each.after in found
            else 0
            if each.after is None
            else len(ids)
        )
        ids.insert(place, each.step)
        found = {step: value(each) if step == each.step else found[step] for step in ids}
    return found


def next_step(steps: Steps) -> str | None:
    """The first step still pending, in order."""
    return next((step for step, state in steps.items() if state is StepState.PENDING), None)


def pending(steps: Steps) -> tuple[str, ...]:
    """Every step still pending, in order."""
    return tuple(step for step, state in steps.items() if state is StepState.PENDING)
