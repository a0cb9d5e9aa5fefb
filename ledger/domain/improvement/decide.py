"""The rules of improvements that their own stream decides: each command gives its events."""

from datetime import datetime
from typing import assert_never

from ledger.domain.improvement import acting, checking, planning
from ledger.domain.improvement import commands as c
from ledger.domain.improvement import events as e
from ledger.domain.improvement.state import Improvement
from ledger.policy import Policy


def decide(
    command: c.ImprovementCommand,
    state: Improvement,
    policy: Policy,
    now: datetime,
) -> tuple[e.ImprovementEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.ProposeImprovement():
            return (planning.proposed(command, now),)
        case c.ProposeFromTrigger():
            return planning.fired(command, state)
        case c.RejectImprovement():
            return planning.reject(command, state, now)
        case c.RescheduleImprovement():
            return planning.reschedule(command, state, now)
        case c.MarkImprovementOverdue():
            return planning.mark_overdue(command, state, now)
        case c.RecurImprovement():
            return checking.recur(command, state, now)
        case c.RecordRecurrence():
            return checking.recorded(command, state, now)
        case c.ReopenImprovement():
            return acting.reopen(command, state, now)
        case c.CloseImprovement():
            return acting.close(command, state, now)
        case _:
            assert_never(command)
