"""What has passed by a time, where the clock has not marked it yet.

An act that is later than such a time records the mark in the same append, so that what was late is
on record whether the clock looked before the act or not.
"""

from datetime import datetime

from ledger.domain.risk import events as e
from ledger.domain.risk.state import Risk
from ledger.domain.risk.words import Treatment


def treatment_overdue(state: Risk, now: datetime) -> tuple[e.RiskTreatmentOverdue, ...]:
    """That the treatment is overdue; to accept is nothing that is done until a time."""
    of = state.treatment
    if of is None or of.treatment is Treatment.ACCEPT or of.completed_at or of.overdue:
        return ()
    if of.due is None or now < of.due:
        return ()
    return (e.RiskTreatmentOverdue(at=of.due, due=of.due),)


def review_overdue(state: Risk, now: datetime) -> tuple[e.RiskReviewOverdue, ...]:
    """That the review is overdue."""
    due = state.review_due
    if due is None or state.review_overdue or now < due:
        return ()
    return (e.RiskReviewOverdue(at=due, due=due),)


def expired(state: Risk, now: datetime) -> tuple[e.RiskAcceptanceExpired, ...]:
    """That an acceptance has expired."""
    given = state.acceptance
    if given is None or given.ended is not None or now < given.until:
        return ()
    return (e.RiskAcceptanceExpired(at=given.until, until=given.until),)
