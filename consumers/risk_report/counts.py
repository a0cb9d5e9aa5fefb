"""The monthly counts of the systems, and the reviews (runbook section 6)."""

from collections import Counter
from collections.abc import Iterable

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import ReportedCount, ReportedCounts, ReportedReview
from consumers.risk_report.period import Period
from ledger.domain.review import REVIEW
from ledger.vocabulary import ReviewState
from projections.engine.projection import Row
from projections.monthly_count import MONTHLY_COUNT
from projections.review_status import review_state
from projections.reviews import REVIEWS


def report_counts(log: LogFold, period: Period) -> ReportedCounts:
    """The counts of the month as they are known at the leaf, and the reviews as at its end."""
    members = [row for row in log.rows.of(MONTHLY_COUNT) if row["month"] == period.month]
    counted = Counter(row["system"] for row in members if row["counted"])
    averted = Counter(row["system"] for row in members if row["averted"])
    launched = {row["system"]: row for row in _launched(log, period)}
    systems = tuple(
        _count(system, counted[system], averted[system], launched.get(system), period)
        for system in sorted(counted.keys() | averted.keys() | launched.keys())
    )
    reviews = tuple(_review(row, period) for row in _shown(log, period))
    states = Counter(each.state for each in reviews)
    return ReportedCounts(
        crossed=sum(each.crossed for each in systems),
        reviews_open=states[ReviewState.OPEN] + states[ReviewState.ASSIGNED],
        reviews_overdue=states[ReviewState.OVERDUE],
        systems=systems,
        reviews=reviews,
    )


def _launched(log: LogFold, period: Period) -> Iterable[Row]:
    return (row for row in log.rows.of(REVIEWS) if row["month"] == period.month)


def _shown(log: LogFold, period: Period) -> list[Row]:
    """The reviews of the month, and those of before that were open in it; by their references."""
    rows = {row["review"]: row for row in _launched(log, period)}
    for row in log.at_end.of(REVIEWS):
        concluded = row["concluded_at"]
        if row["review"] in rows or concluded is None or period.has_text(concluded):
            rows[row["review"]] = row
    return sorted(rows.values(), key=lambda row: row["launched_leaf"])


def _count(
    system: str, count: int, near_misses: int, review: Row | None, period: Period
) -> ReportedCount:
    threshold = period.policy.threshold if review is None else review["threshold"]
    return ReportedCount(
        system=system,
        count=count,
        near_misses=near_misses,
        threshold=threshold,
        crossed=count > threshold or review is not None,
        review=None if review is None else reference(review["launched_leaf"], REVIEW),
    )


def _review(row: Row, period: Period) -> ReportedReview:
    state = review_state(
        owner=row["owner"],
        due=row["due"],
        concluded_at=row["concluded_at"],
        now=period.until_text,
    )
    return ReportedReview(
        reference=reference(row["launched_leaf"], REVIEW),
        id=row["review"],
        month=row["month"],
        system=row["system"],
        count=row["count"],
        threshold=row["threshold"],
        state=state.value,
        owner=row["owner"],
        due=row["due"],
        concluded_at=row["concluded_at"],
    )
