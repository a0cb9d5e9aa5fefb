"""The deadlines of improvements: when they are to be done, and when their effect is known."""

from datetime import datetime

from ledger.domain.command import Command
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.improvement.commands import MarkImprovementOverdue
from ledger.domain.improvement.events import (
    ImprovementAccepted,
    ImprovementClosed,
    ImprovementDone,
    ImprovementDueChanged,
    ImprovementOverdue,
    ImprovementReopened,
)
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import CriterionKind, ImprovementStatus


def _marks(state: Improvement) -> tuple[Command, ...]:
    return () if state.due is None else (MarkImprovementOverdue(due=state.due),)


def _next_due(state: Improvement) -> datetime | None:
    waits = state.status is ImprovementStatus.ACCEPTED and state.overdue != state.due
    return state.due if waits else None


def _next_check(state: Improvement) -> datetime | None:
    of = state.criterion
    judged = of is not None and of.kind is CriterionKind.NO_RECURRENCE
    waits = state.status is ImprovementStatus.DONE and not state.looked
    return state.check_by if judged and waits else None


IMPROVEMENT_DUE = DeadlineType(
    name="improvement",
    kind="improvement",
    label="improvement",
    finds="overdue",
    sets={
        ImprovementAccepted: lambda event: event.due,
        ImprovementDueChanged: lambda event: event.to,
        ImprovementReopened: lambda event: event.due,
    },
    ends=frozenset({ImprovementDone, ImprovementClosed, ImprovementOverdue}),
    commands=_marks,
    next_at=_next_due,
)
"""What is accepted is done until its due time."""

IMPROVEMENT_CHECK = DeadlineType(
    name="improvement_check",
    kind="improvement",
    label="check of an improvement",
    finds="due",
    sets={ImprovementDone: lambda event: event.check_by or None},
    ends=frozenset({ImprovementReopened, ImprovementClosed}),
    next_at=_next_check,
)
"""What is to keep something from happening again has its effect where nothing recurred till then.

Of another criterion the clock finds nothing: a person checks it.
"""
