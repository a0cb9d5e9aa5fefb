"""When the clock has to look at an incident's root cause analysis (runbook section 7.5)."""

from datetime import datetime

from ledger.domain.incident.state import Incident


def next_mark(state: Incident) -> datetime | None:
    """The next time at which the RCA is at risk or overdue and was not marked so.

    None where the clock has nothing more to say: it is complete, no longer owed, or both were said
    of the due time in force.
    """
    due, at_risk_at = state.rca_due, state.at_risk_at
    if not state.owes_rca or due is None:
        return None
    if at_risk_at is not None and due not in state.at_risk_marked:
        return at_risk_at
    return due if due not in state.overdue_marked else None
