"""Where a root cause analysis stands: computed at the moment of asking, stored nowhere."""

from ledger.vocabulary import RcaState, Status
from projections.engine.projection import Row


def rca_state(row: Row, now: str) -> RcaState:
    """The state of a register row's RCA at `now` (RFC 3339 text in UTC)."""
    completed, due = row["rca_completed_at"], row["rca_due"]
    if completed is not None:
        return RcaState.MET if completed <= due else RcaState.MET_LATE
    if row["status"] in {Status.DISMISSED, Status.MERGED}:
        return RcaState.CANCELLED
    if now > due:
        return RcaState.BREACHED
    return RcaState.AT_RISK if now >= row["at_risk_at"] else RcaState.ON_TRACK
