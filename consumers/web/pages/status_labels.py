"""The status of counts, reviews, clocks and alerts in words, never by colour alone."""

from collections.abc import Mapping
from typing import NamedTuple

from consumers.read_service.alerts import AlertView
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.rca import RcaClock
from consumers.web.pages.time_format import between, day_and_time
from ledger.domain.control import ControlStatus
from ledger.vocabulary import AlertState, RcaState, ReviewState


class StatusLabel(NamedTuple):
    """A status in one or two words, its explanation, and its CSS class."""

    words: str
    detail: str
    mark: str


def count_status(count: Count) -> StatusLabel:
    """Whether a month crossed its threshold, and whether it still exceeds it."""
    above = count.count > count.threshold
    if count.review is not None and above:
        return StatusLabel("Crossed", _since(count), "breached")
    if count.review is not None:
        return StatusLabel("Crossed, fell back since", "The review stays.", "met_late")
    if above:
        return StatusLabel(
            "Crossed, no review", "Only an incident as it happens launches one.", "late"
        )
    missing = count.threshold - count.count + 1
    detail = f"{missing} more would cross it."
    return StatusLabel("Not crossed", detail, "at_risk" if missing == 1 else "none")


def _since(count: Count) -> str:
    return "" if count.crossed_at is None else f"On {day_and_time(count.crossed_at)}."


REVIEW_MARKS: Mapping[ReviewState, str] = {
    ReviewState.OPEN: "none",
    ReviewState.ASSIGNED: "on_track",
    ReviewState.OVERDUE: "breached",
    ReviewState.CONCLUDED: "met",
}
"""The CSS class of a review's state."""


def review_status(review: ReviewView) -> StatusLabel:
    """The review's month compared with its threshold now."""
    now = f"{review.count_now} count now"
    if review.count_now <= review.threshold:
        return StatusLabel(
            now, f"Fell back to {review.threshold} or fewer: the review stays.", "none"
        )
    return StatusLabel(now, f"Still more than {review.threshold}.", "breached")


CONTROL_MARKS: Mapping[ControlStatus, str] = {
    ControlStatus.REASSESSMENT_OVERDUE: "late",
    ControlStatus.REASSESSMENT_DUE: "at_risk",
    ControlStatus.NOT_ASSESSED: "unknown",
    ControlStatus.EXPIRED: "late",
    ControlStatus.NOT: "breached",
    ControlStatus.PARTLY: "at_risk",
    ControlStatus.EFFECTIVE: "met",
    ControlStatus.NOT_APPLICABLE: "none",
    ControlStatus.RETIRED: "none",
}
"""The CSS class of a control's status."""


def rca_status_at_due(clock: RcaClock) -> StatusLabel:
    """What had been recorded when the RCA was first due, without marks that were withdrawn."""
    if clock.verdict_at_due == "met":
        detail = "" if clock.preliminary_due_at is None else "A preliminary one."
        return StatusLabel("Complete", detail, "met")
    if clock.verdict_at_due is not None:
        cancelled = clock.state is RcaState.CANCELLED
        return StatusLabel("Not complete", "", "none" if cancelled else "breached")
    if clock.state is RcaState.BREACHED:
        return StatusLabel("Not complete", "The ledger did not record it then.", "breached")
    return StatusLabel(
        "None owed" if clock.completed_at or clock.state is RcaState.CANCELLED else "Not due yet",
        "",
        "none",
    )


def alert_status(alert: AlertView, now: str) -> StatusLabel:
    """The state of an alert and its duration; `now` is RFC 3339 text in UTC."""
    state = AlertState(alert.state)
    match state:
        case AlertState.STALE:
            since = day_and_time(alert.last_heard_at) if alert.last_heard_at else "then"
            detail, mark = f"Whether it goes on is unknown since {since}.", "unknown"
        case AlertState.FIRING:
            detail = f"for {between(alert.started_at, now)}" if alert.started_at else ""
            mark = "ongoing"
        case AlertState.RESOLVED:
            detail, mark = "never seen firing", "met"
            if alert.started_at is not None and alert.ended_at is not None:
                detail = f"after {between(alert.started_at, alert.ended_at)}"
    return StatusLabel(state.label, detail, mark)
