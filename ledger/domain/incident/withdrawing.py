"""Withdrawing a mark of the RCA clock that was recorded wrongly, as by a clock that was wrong."""

from datetime import datetime

from ledger.domain.incident.commands import WithdrawRcaMark
from ledger.domain.incident.events import RcaMarkWithdrawn
from ledger.domain.incident.rules import require_known
from ledger.domain.incident.state import Incident
from ledger.errors import Refused
from ledger.vocabulary import RcaMark


def decide_withdraw(
    command: WithdrawRcaMark, state: Incident, now: datetime
) -> tuple[RcaMarkWithdrawn, ...]:
    """The mark of that due time is withdrawn. Raises Refused where there is none, or it is right.

    The incident may have any status but merged.
    """
    require_known(state)
    times = _times(command.mark, state)
    asked = command.due or state.rca_due
    due = next((each for each in times if each == asked), None)
    if due is None:
        raise _unknown(command.mark, asked, sorted(times))
    completed_at = _met_at(due, state)
    if _is_right(command.mark, times[due], completed_at, now):
        done = "not complete" if completed_at is None else f"complete at {completed_at.isoformat()}"
        raise Refused(
            "mark_is_right",
            f"The mark {command.mark} of the RCA due {due.isoformat()} is right: its time was "
            f"{times[due].isoformat()}, now is {now.isoformat()}, and the RCA is {done}.",
            remedy="Withdraw only what is wrong. An RCA that was completed in time is completed "
            "with that time first.",
        )
    return (RcaMarkWithdrawn(at=now, due=due, mark=command.mark, reason=command.reason),)


def _met_at(due: datetime, state: Incident) -> datetime | None:
    """When what was due then was there: the deadline may have been met by a preliminary RCA."""
    if state.preliminary_due is not None and due != state.rca_due:
        return state.preliminary_met_at
    return state.rca_completed_at


def _times(mark: RcaMark, state: Incident) -> dict[datetime, datetime]:
    """When each due time that has the mark was to be marked so."""
    if mark is RcaMark.AT_RISK:
        return dict(state.at_risk_marked)
    return {due: due for due in state.overdue_marked}


def _is_right(mark: RcaMark, at: datetime, completed_at: datetime | None, now: datetime) -> bool:
    """Whether the mark of this time is true now: an RCA completed at its due time is met."""
    if mark is RcaMark.OVERDUE:
        return now > at and (completed_at is None or completed_at > at)
    return now >= at and (completed_at is None or completed_at >= at)


def _unknown(mark: RcaMark, due: datetime | None, known: list[datetime]) -> Refused:
    others = ", ".join(each.isoformat() for each in known)
    return Refused(
        "mark_unknown",
        f"The RCA due {due.isoformat() if due else 'never'} has no mark {mark}"
        + (f"; there is one for the due time {others}." if known else "."),
        remedy="Name the due time of the mark, as the timeline has it."
        if known
        else "Nothing is to be withdrawn; see the timeline.",
    )
