"""The due time of a review under the clock: recorded once, by whatever process (section 6)."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from consumers.maintenance.side_deadlines import Deadlines
from consumers.maintenance.side_reviews import Reviews
from ledger.domain.access.deciding import HOST
from ledger.domain.identity import review_id
from ledger.domain.review import (
    REVIEW,
    AssignReview,
    ConcludeReview,
    ReviewConcluded,
    ReviewLaunched,
    ReviewOverdue,
)
from ledger.execute import ExecuteCommand
from ledger.store.side_records import DeadlineChecked
from tests.unit.execute.desk import NOON
from tests.unit.reactor.watch import DAY, HOUR, Watch

CHAT = review_id("chat", "2026-03")
DUE = NOON + 14 * DAY


def launches(desk: Watch, *, first: int = 1) -> None:
    """A fourth incident of a month launches a review, and the clock knows of it."""
    for number in range(first, first + 4):
        desk.happens(number)
    desk.reviews().catch_up()
    desk.look()


def commands(desk: Watch, command: AssignReview | ConcludeReview, review: UUID = CHAT) -> None:
    """A person works on the review, and it is sealed."""
    request = ExecuteCommand(asker=HOST, kind=REVIEW.kind, subject=review, command=command)
    desk.executor.execute(request, desk.context())
    desk.seal()


def marks(desk: Watch) -> list[tuple[object, object]]:
    return [(each.event.at, each.recorded_at) for each in desk.told_of(ReviewOverdue)]


def test_a_review_is_due_so_long_after_its_launch_as_the_policy_of_its_leaf_says(
    desk: Watch,
) -> None:
    for number in range(1, 5):
        desk.happens(number)
    desk.adopts(review_due_after=1)
    desk.reviews().catch_up()
    [launched] = desk.told_of(ReviewLaunched)
    assert DUE == launched.event.due  # type: ignore[attr-defined]


def test_a_clock_that_comes_back_late_records_overdue_once_under_the_due_time(
    desk: Watch,
) -> None:
    launches(desk)
    desk.now = DUE - timedelta(microseconds=1)
    desk.look()
    assert [] == marks(desk)
    desk.now = DUE + 5 * HOUR

    desk.look()
    desk.look()

    assert [(DUE, DUE + 5 * HOUR)] == marks(desk)


def test_a_review_that_was_concluded_in_time_is_never_overdue(desk: Watch) -> None:
    launches(desk)
    commands(desk, AssignReview(owner="person/2"))
    desk.now = DUE
    commands(desk, ConcludeReview(findings="One switch."))
    desk.now = DUE + DAY
    desk.look()
    assert [] == marks(desk)


def test_a_late_conclusion_records_overdue_once_and_the_clock_adds_nothing(desk: Watch) -> None:
    launches(desk)
    desk.now = DUE - HOUR
    desk.look()  # at the incidents, too
    desk.now = DUE + HOUR
    commands(desk, ConcludeReview(findings="One switch."))
    size = desk.store.size()

    desk.look()

    assert size == desk.store.size()
    assert [ReviewOverdue, ReviewConcluded] == [
        type(each.event) for each in desk.told_of(ReviewOverdue, ReviewConcluded)
    ]


def test_a_review_by_a_policy_without_the_key_has_no_due_time(desk: Watch) -> None:
    desk.adopts(review_due_after=None)
    launches(desk)
    desk.now = NOON + 400 * DAY
    desk.look()
    assert [] == marks(desk)
    [launched] = desk.told_of(ReviewLaunched)
    assert not launched.event.due  # type: ignore[attr-defined]


@pytest.mark.parametrize("watched", [True, False])
def test_verify_names_a_due_review_that_the_clock_does_not_watch(
    tmp_path: Path, desk: Watch, watched: bool
) -> None:
    launches(desk)
    if not watched:
        [deadline] = desk.store.deadlines.due("review", DUE + DAY, 10)
        desk.store.append(
            [],
            side_writes=[DeadlineChecked(kind="review", subject=CHAT, at=deadline.at, again=None)],
        )
    with closing(Deadlines(desk.store)) as deadlines, closing(Reviews(desk.store)) as reviews:
        entries = desk.store.read(0, 1_000)
        deadlines.follow(entries)
        reviews.follow(entries)
        found = list(deadlines.faults())
        assert [] == list(reviews.faults(desk.store.size()))
    if watched:
        assert [] == found
    else:
        [fault] = found
        assert f"The review {CHAT} is open and the clock does not watch it" in fault


def test_verify_finds_nothing_in_an_overdue_review_and_in_a_concluded_one(desk: Watch) -> None:
    launches(desk)
    desk.now = DUE + DAY
    desk.look()
    commands(desk, ConcludeReview(findings="One switch."))
    desk.look()
    with closing(Deadlines(desk.store)) as deadlines, closing(Reviews(desk.store)) as reviews:
        entries = desk.store.read(0, 1_000)
        deadlines.follow(entries)
        reviews.follow(entries)
        assert [] == [*deadlines.faults(), *reviews.faults(desk.store.size())]
