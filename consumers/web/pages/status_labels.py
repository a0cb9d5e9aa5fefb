"""What counts, reviews, clocks and alerts come to, in words: never in a colour alone."""

from typing import NamedTuple

from consumers.read_service.alerts import AlertView
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.rca import RcaClock
from consumers.web.pages.time_format import between, day_and_time
from ledger.vocabulary import AlertState, RcaState


class Verdict(NamedTuple):
    """A verdict in a word or two, what is to be said of it, and the mark it is shown with."""

    words: str
    detail: str
    mark: str


def count_verdict(count: Count) -> Verdict:
    """Whether a month crossed its threshold, and what stays of it."""
    above = count.count > count.threshold
    if count.review is not None and above:
        return Verdict("Crossed", _since(count), "breached")
    if count.review is not None:
        return Verdict("Crossed, fell back since", "The review stays.", "met_late")
    if above:
        return Verdict("Crossed, no review", "Only an incident as it happens launches one.", "late")
    missing = count.threshold - count.count + 1
    detail = f"{missing} more would cross it."
    return Verdict("Not crossed", detail, "at_risk" if missing == 1 else "none")


def _since(count: Count) -> str:
    return "" if count.crossed_at is None else f"On {day_and_time(count.crossed_at)}."


def review_verdict(review: ReviewView) -> Verdict:
    """Where the review's month stands now."""
    now = f"{review.count_now} count now"
    if review.count_now <= review.threshold:
        return Verdict(now, f"Fell back to {review.threshold} or fewer: the review stays.", "none")
    return Verdict(now, f"Still more than {review.threshold}.", "breached")


def at_due(clock: RcaClock) -> Verdict:
    """What had been recorded when the RCA was first due, without marks that were withdrawn."""
    if clock.verdict_at_due == "met":
        return Verdict("Complete", "", "met")
    if clock.verdict_at_due is not None:
        cancelled = clock.state is RcaState.CANCELLED
        return Verdict("Not complete", "", "none" if cancelled else "breached")
    if clock.state is RcaState.BREACHED:
        return Verdict("Not complete", "The ledger did not note it then.", "breached")
    return Verdict("None owed" if clock.state is RcaState.CANCELLED else "Not due yet", "", "none")


def alert_verdict(alert: AlertView, now: str) -> Verdict:
    """Where an alert stands, and for how long; `now` is RFC 3339 text in UTC."""
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
    return Verdict(state.label, detail, mark)
