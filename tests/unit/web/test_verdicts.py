"""What counts, reviews, clocks and alerts come to, in words."""

import pytest

from consumers.read_service.alerts import AlertView
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.rca import RcaClock
from consumers.web.pages import status_labels
from ledger.vocabulary import AlertState, RcaState, ReviewState

AT = "2026-11-22T13:40:20.200000Z"
LATER = "2026-11-22T15:50:20.200000Z"


def count(of: int, *, review: bool = False) -> Count:
    return Count(
        month="2026-11",
        system="api",
        count=of,
        threshold=3,
        crossed=review or of > 3,
        crossed_at=AT if review or of > 3 else None,
        incidents=[],
        references=[],
        review="a-review" if review else None,
    )


def alert(state: str, *, started_at: str | None = AT, ended_at: str | None = None) -> AlertView:
    return AlertView(
        id="an-alert",
        source="source/a",
        dedup_key="k",
        title="T",
        system="api",
        severity=None,
        state=AlertState(state),
        incident=None,
        rule=None,
        started_at=started_at,
        ended_at=ended_at,
        stale_since=LATER if state == "stale" else None,
        last_heard_at=AT if state == "stale" else None,
        episodes=1,
    )


@pytest.mark.parametrize(
    ("of", "review", "words", "detail"),
    [
        (0, False, "Not crossed", "4 more would cross it."),
        (3, False, "Not crossed", "1 more would cross it."),
        (4, True, "Crossed", "On 22 Nov 2026, 13:40."),
        (3, True, "Crossed, fell back since", "The review stays."),
        (4, False, "Crossed, no review", "Only an incident as it happens launches one."),
    ],
)
def test_a_month_is_crossed_by_more_than_its_threshold_and_stays_so(
    of: int, review: bool, words: str, detail: str
) -> None:
    told = status_labels.count_status(count(of, review=review))
    assert (words, detail) == (told.words, told.detail)


@pytest.mark.parametrize(
    ("now", "detail"),
    [(5, "Still more than 3."), (3, "Fell back to 3 or fewer: the review stays.")],
)
def test_a_review_says_where_its_month_stands_now(now: int, detail: str) -> None:
    review = ReviewView(
        id="a-review",
        month="2026-11",
        system="api",
        threshold=3,
        zone="UTC",
        action="Launch RCA review",
        leaf=8,
        count=4,
        incidents=[],
        references=[],
        launched_at=AT,
        recorded_at=AT,
        launched_leaf=9,
        count_now=now,
        later_count=0,
        later=[],
        later_references=[],
        reference="REV-9",
        version=1,
        state=ReviewState.OPEN,
        due_at=None,
        owner=None,
        findings=None,
        actions=[],
        concluded_at=None,
        late=False,
        overdue_recorded_at=None,
    )
    told = status_labels.review_status(review)
    assert (f"{now} count now", detail) == (told.words, told.detail)


@pytest.mark.parametrize(
    ("state", "recorded", "words"),
    [
        (RcaState.MET, "met", "Complete"),
        (RcaState.MET, "overdue", "Not complete"),
        (RcaState.BREACHED, "overdue", "Not complete"),
        (RcaState.BREACHED, None, "Not complete"),
        (RcaState.ON_TRACK, None, "Not due yet"),
        (RcaState.CANCELLED, None, "None owed"),
        (RcaState.CANCELLED, "overdue", "Not complete"),
    ],
)
def test_what_was_on_record_when_due_stands_beside_the_verdict_now(
    state: RcaState, recorded: str | None, words: str
) -> None:
    clock = RcaClock(
        id="an-incident",
        reference="INC-1",
        title="T",
        system="api",
        severity=None,
        status="open",
        owner=None,
        month="2026-11",
        detected_at=AT,
        state=state,
        due_at=AT,
        at_risk_at=AT,
        started_at=None,
        completed_at=None,
        at_risk_recorded_at=None,
        overdue_recorded_at=None,
        verdict_at_due=recorded,
    )
    assert words == status_labels.rca_status_at_due(clock).words


@pytest.mark.parametrize(
    ("of", "words", "detail", "since"),
    [
        (alert("firing"), "Firing", "for 2 h 10 min", AT),
        (
            alert("stale"),
            "Not heard of",
            "Whether it goes on is unknown since 22 Nov 2026, 13:40.",
            LATER,
        ),
        (alert("resolved", ended_at=LATER), "Resolved", "after 2 h 10 min", LATER),
        (alert("resolved", started_at=None, ended_at=AT), "Resolved", "never seen firing", AT),
    ],
)
def test_an_alert_says_where_it_stands_and_since_when(
    of: AlertView, words: str, detail: str, since: str
) -> None:
    told = status_labels.alert_status(of, LATER)
    assert (words, detail, since) == (told.words, told.detail, of.since)
