"""Rules that several commands of improvements share."""

from datetime import datetime

from ledger.domain.improvement.events import ImprovementOverdue
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import ImprovementStatus
from ledger.errors import Refused
from ledger.policy.times import in_utc, time_text


def require_undecided(state: Improvement, what: str) -> None:
    """Refuses what is accepted or rejected already."""
    if state.status is not ImprovementStatus.PROPOSED:
        raise Refused(
            "improvement_decided",
            f"The improvement was {stands(state)}, and cannot be {what} any more.",
            remedy="Propose another one.",
        )


def stands(state: Improvement) -> str:
    """Where it stands, in a sentence."""
    return "never proposed" if state.status is None else state.status.label.lower()


def overdue(state: Improvement, now: datetime) -> tuple[ImprovementOverdue, ...]:
    """The mark of what is not done at its due time, once for each.

    The clock records it, or whatever ends that time before the clock has looked.
    """
    due, waits = state.due, state.status is ImprovementStatus.ACCEPTED
    if due is None or not waits or state.overdue == due or now < due:
        return ()
    return (ImprovementOverdue(at=due, due=due),)


def due_after_now(due: datetime, now: datetime) -> datetime:
    """A due time in UTC. Refuses one that has passed."""
    due = in_utc(due)
    if due <= now:
        raise Refused(
            "due_after_now",
            f"It cannot have to be done by {time_text(due)}: it is {time_text(now)} now.",
            remedy="Give a due time in the future.",
        )
    return due
