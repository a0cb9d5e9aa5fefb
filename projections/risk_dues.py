"""What of an open risk is over at a time, whether the clock has marked it yet or not.

Times are RFC 3339 text in UTC, which sorts as time does; as for the clock, what is due at a time is
overdue then. Pure: rows come from the read models, or are folded from the log.
"""

from ledger.domain.risk.words import RiskAcceptance
from projections.engine.projection import Row
from projections.values import is_over


def acceptance_at(row: Row, now: str) -> RiskAcceptance:
    """Where the acceptance of a risk stands."""
    stands = RiskAcceptance(row["acceptance"])
    if stands is not RiskAcceptance.HOLDS or not is_over(row["accepted_until"], now):
        return stands
    return RiskAcceptance.REQUESTED if row["asked_at"] else RiskAcceptance.EXPIRED


def is_treatment_overdue(row: Row, now: str) -> bool:
    """Whether its treatment is not done and should be; an acceptance is no treatment to be done."""
    if row["treatment_done_at"] is not None:
        return False
    return bool(row["treatment_overdue"]) or is_over(row["treatment_due"], now)


def is_review_overdue(row: Row, now: str) -> bool:
    """Whether it should have been reviewed."""
    return bool(row["review_overdue"]) or is_over(row["review_due"], now)
