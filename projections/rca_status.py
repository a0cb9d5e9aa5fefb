"""The state of a root cause analysis: computed at query time, never stored."""

from ledger.vocabulary import RcaState, Status
from projections.engine.projection import Row

CANCELLING = (Status.DISMISSED, Status.MERGED)
"""Incidents in these states owe no RCA."""


def rca_state(row: Row, *, due: str, completed_at: str | None, now: str) -> RcaState:
    """The state of an RCA at `now`; all times are RFC 3339 text in UTC, which sorts as time does.

    `row` is one of the register or of the clocks. An RCA completed exactly at its due time is met;
    where a preliminary one met the deadline, it had to be in time, too. That of a near miss is
    optional, and never late.
    """
    if completed_at is not None:
        first_due, first_at = row["preliminary_due"], row["preliminary_met_at"]
        late = completed_at > due or (first_due is not None and first_at > first_due)
        return RcaState.MET_LATE if late and not row["near_miss"] else RcaState.MET
    if row["status"] in CANCELLING or row["near_miss"]:
        return RcaState.CANCELLED
    if now > due:
        return RcaState.BREACHED
    return RcaState.AT_RISK if now >= row["at_risk_at"] else RcaState.ON_TRACK


def verdict(completed_at: str, due: str) -> str:
    """The verdict of a completion on its due time, if no mark was recorded before.

    The clock records no marks for imported history, so there a late completion is the first record.
    """
    return "met" if completed_at <= due else "overdue"
