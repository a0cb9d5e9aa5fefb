"""Where a root cause analysis stands: computed at the moment of asking, stored nowhere."""

from ledger.vocabulary import RcaState, Status

CANCELLING = (Status.DISMISSED, Status.MERGED)
"""An incident of these owes no RCA."""


def rca_state(
    *, status: str, due: str, at_risk_at: str, completed_at: str | None, now: str
) -> RcaState:
    """The state of an RCA at `now`; all times are RFC 3339 text in UTC, which sorts as time does.

    An RCA that is completed at its due time is met; one that is not is breached after it.
    """
    if completed_at is not None:
        return RcaState.MET if completed_at <= due else RcaState.MET_LATE
    if status in CANCELLING:
        return RcaState.CANCELLED
    if now > due:
        return RcaState.BREACHED
    return RcaState.AT_RISK if now >= at_risk_at else RcaState.ON_TRACK


def verdict(completed_at: str, due: str) -> str:
    """What a completion says of the due time where nothing was recorded of it before.

    The clock raises nothing for history, so there a late completion is the first to tell.
    """
    return "met" if completed_at <= due else "overdue"
