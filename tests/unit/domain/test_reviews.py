"""The life of a review: launched, assigned, concluded, corrected, overdue (runbook section 6)."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

import pytest
from msgspec import UNSET

from ledger.domain import review as r
from ledger.domain.identity import review_id
from ledger.errors import Invalid, Refused
from tests.unit.domain.story import POLICY, policy_with

LAUNCHED_AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DUE = LAUNCHED_AT + 14 * DAY
NOW = LAUNCHED_AT + 2 * DAY
INCIDENTS = tuple(UUID(int=number) for number in range(1, 5))
LAUNCH = r.LaunchReview(
    system="chat",
    month="2026-03",
    threshold=3,
    zone="UTC",
    action="Launch RCA review",
    leaf=40,
    incidents=INCIDENTS,
    at=LAUNCHED_AT,
    due=DUE,
)
CONCLUDE = r.ConcludeReview(findings="One switch.", actions=["Replace it", "Watch it"])
CONCLUDED = r.ReviewConcluded(
    at=NOW, findings="One switch.", actions=("Replace it", "Watch it"), due=DUE
)


def launched(due: datetime | None = DUE) -> r.ReviewLaunched:
    return r.ReviewLaunched(
        at=LAUNCHED_AT,
        system="chat",
        month="2026-03",
        threshold=3,
        zone="UTC",
        action="Launch RCA review",
        leaf=40,
        count=4,
        incidents=INCIDENTS,
        due=due or UNSET,
    )


def folded(*events: r.ReviewEvent) -> r.Review:
    return reduce(r.evolve, events, r.Review())


def decided(
    command: r.ReviewCommand, *past: r.ReviewEvent, now: datetime = NOW
) -> tuple[r.ReviewEvent, ...]:
    return r.decide(command, folded(*past), POLICY, now)


def refused(command: r.ReviewCommand, *past: r.ReviewEvent, now: datetime = NOW) -> str:
    with pytest.raises(Refused) as caught:
        decided(command, *past, now=now)
    assert caught.value.remedy
    return caught.value.rule


def test_a_launch_carries_its_due_time_and_a_second_launch_is_nothing() -> None:
    assert (launched(),) == decided(LAUNCH)
    assert () == decided(LAUNCH, launched())


def test_the_policy_gives_the_due_time_and_one_that_does_not_name_it_gives_none() -> None:
    assert DUE == POLICY.review_due(LAUNCHED_AT)
    old = policy_with('review_due_after = "P14D"\n', "")
    assert old.review_due(LAUNCHED_AT) is None


def test_an_owner_is_assigned_and_another_takes_over() -> None:
    one, two = r.AssignReview(owner="person/1"), r.AssignReview(owner="person/2")
    assigned = r.ReviewAssigned(at=NOW, owner="person/1")
    assert (assigned,) == decided(one, launched())
    assert () == decided(one, launched(), assigned)
    assert (r.ReviewAssigned(at=NOW, owner="person/2"),) == decided(two, launched(), assigned)


def test_a_review_is_concluded_with_findings_and_actions() -> None:
    assert (CONCLUDED,) == decided(CONCLUDE, launched())
    state = folded(launched(), CONCLUDED)
    assert ("One switch.", ("Replace it", "Watch it"), NOW) == (
        state.findings,
        state.actions,
        state.concluded_at,
    )


def test_the_same_conclusion_again_is_nothing_and_another_is_refused() -> None:
    assert () == decided(CONCLUDE, launched(), CONCLUDED, now=NOW + DAY)
    other = r.ConcludeReview(findings="Two switches.")
    assert "review_concluded" == refused(other, launched(), CONCLUDED)
    assert "review_concluded" == refused(r.AssignReview(owner="person/1"), launched(), CONCLUDED)


def test_a_conclusion_after_the_due_time_records_overdue_first_and_says_that_it_is_late() -> None:
    late = DUE + DAY
    overdue, concluded = decided(CONCLUDE, launched(), now=late)
    assert r.ReviewOverdue(at=DUE, due=DUE) == overdue
    assert "Concluded late, it was due 2026-03-24T08:00:00.000000Z" in r.describe(concluded)
    marked = decided(CONCLUDE, launched(), r.ReviewOverdue(at=DUE, due=DUE), now=late)
    assert [r.ReviewConcluded] == [type(each) for each in marked]


def test_a_conclusion_exactly_at_the_due_time_is_in_time() -> None:
    [concluded] = decided(CONCLUDE, launched(), now=DUE)
    assert r.describe(concluded).startswith("Concluded: One switch.")


def test_a_conclusion_lies_between_the_launch_and_now() -> None:
    early = r.ConcludeReview(findings="x", at=LAUNCHED_AT - timedelta(seconds=1))
    ahead = r.ConcludeReview(findings="x", at=NOW + DAY)
    assert "conclusion_after_launch" == refused(early, launched())
    assert "not_in_the_future" == refused(ahead, launched())


def test_the_clock_marks_a_review_overdue_once_and_one_without_due_time_never() -> None:
    mark = r.MarkReviewOverdue(due=DUE)
    overdue = r.ReviewOverdue(at=DUE, due=DUE)
    assert () == decided(mark, launched(), now=DUE - timedelta(microseconds=1))
    assert (overdue,) == decided(mark, launched(), now=DUE)
    assert () == decided(mark, launched(), overdue, now=DUE + DAY)
    assert () == decided(mark, launched(), CONCLUDED, now=DUE + DAY)
    assert () == decided(mark, launched(None), now=DUE + DAY)


def test_a_correction_is_an_event_that_holds_what_changes_alone() -> None:
    amend = r.AmendReview(reason="Two of them", findings="Two switches.", actions=CONCLUDE.actions)
    [event] = decided(amend, launched(), CONCLUDED)
    assert r.ReviewAmended(at=NOW, reason="Two of them", findings="Two switches.") == event
    state = folded(launched(), CONCLUDED, event)
    assert ("Two switches.", ("Replace it", "Watch it")) == (state.findings, state.actions)
    assert () == decided(amend, launched(), CONCLUDED, event)


def test_the_actions_and_the_time_of_a_conclusion_can_be_corrected() -> None:
    amend = r.AmendReview(reason="In the meeting", actions=[], at=NOW - DAY)
    [event] = decided(amend, launched(), CONCLUDED)
    state = folded(launched(), CONCLUDED, event)
    assert ((), NOW - DAY) == (state.actions, state.concluded_at)
    assert "No actions. Concluded at 2026-03-11T08:00:00.000000Z." in r.describe(event)


def test_a_correction_needs_a_conclusion_and_a_value() -> None:
    assert "review_not_concluded" == refused(r.AmendReview(reason="x", findings="y"), launched())
    with pytest.raises(Invalid, match="changes nothing"):
        decided(r.AmendReview(reason="x"), launched(), CONCLUDED)


def test_a_remark_is_recorded_before_and_after_the_conclusion() -> None:
    noted = r.ReviewNoted(at=NOW, text="Asked the vendor")
    note = r.NoteReview(text="Asked the vendor")
    assert (noted,) == decided(note, launched())
    assert (noted,) == decided(note, launched(), CONCLUDED)
    assert "Note: Asked the vendor" == r.describe(noted)


def test_a_review_is_named_by_its_system_and_month_too() -> None:
    assert review_id("a:b", "2026-03") == r.REVIEW.named("a:b:2026-03")
    for text in ("2026-03", ":2026-03", "chat:2026-13", "REV-4", str(UUID(int=1))):
        assert r.REVIEW.named(text) is None
