"""Where each of the runbook's steps stands, and which event moves which step (section 7)."""

from collections.abc import Mapping

from ledger.domain.envelope import Event
from ledger.domain.incident import events as e
from ledger.vocabulary import Step, StepState

Steps = Mapping[Step, StepState]

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
}

NEVER_WAIVED = frozenset({Step.RCA})
"""The root cause is always owed."""


def step_change(event: Event) -> tuple[Step, StepState] | None:
    """The step that an event moves, and where to."""
    if isinstance(event, e.StepWaived):
        return event.step, StepState.WAIVED
    return _MOVED_BY.get(type(event))


def next_step(steps: Steps) -> Step | None:
    """The first step still pending, in the runbook's order."""
    return next((step for step in Step if steps[step] is StepState.PENDING), None)


def pending(steps: Steps) -> tuple[Step, ...]:
    """Every step still pending, in the runbook's order."""
    return tuple(step for step in Step if steps[step] is StepState.PENDING)
