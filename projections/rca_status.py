"""The state of a root cause analysis: computed at query time, never stored."""

from ledger.vocabulary import RcaState, Status

CANCELLING = (Status.DISMISSED, Status.MERGED)
"""Incidents in these states owe no RCA."""


def rca_state(
    *, status: str, due: str, at_risk_at: str, completed_at: str | None, now: str
) -> RcaState:
    """The state of an RCA at `now`; all times are RFC 3339 text in UTC, which sorts as time does.

    An RCA completed exactly at its due time is met.
    """
    if completed_at is not None:
        return RcaState.MET if completed_at <= due else RcaState.MET_LATE
    if status in CANCELLING:
        return RcaState.CANCELLED
    if now > due:
        return RcaState.BREACHED
    return RcaState.AT_RISK if now >= at_risk_at else RcaState.ON_TRACK


def verdict(completed_at: str, due: str) -> str:
    """The verdict of a completion on its due time, if no mark was recorded before.

    The clock records no marks for imported history, so there a late completion is the first record.
    """
    return "met" if completed_at <= due else "overdue"
