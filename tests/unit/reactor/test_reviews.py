"""The review process that dies, races, or lets another read on (runbook section 6)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest

from consumers.reactor import ReviewProcess
from consumers.services import Services
from ledger.domain.incident import commands as c
from ledger.domain.review import ReviewLaunched
from ledger.execute import Executor
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, NOON
from tests.unit.reactor.watch import Watch, new_id


def launched(desk: Watch) -> list[ReviewLaunched]:
    return [each.event for each in desk.told_of(ReviewLaunched)]  # type: ignore[misc]


def test_the_fourth_incident_of_a_month_launches_the_review_that_names_all_four(
    desk: Watch,
) -> None:
    reviews = desk.reviews()
    incidents = [desk.happens(number) for number in range(1, 4)]
    assert not reviews.catch_up()
    incidents.append(desk.happens(4))

    assert reviews.catch_up()

    [review] = launched(desk)
    assert ("chat", "2026-03", 3, "UTC", 4) == (
        review.system,
        review.month,
        review.threshold,
        review.zone,
        review.leaf,
    )
    assert tuple(incidents) == review.incidents


def test_a_process_killed_after_its_launch_launches_no_second_review(desk: Watch) -> None:
    for number in range(1, 5):
        desk.happens(number)
    desk.reviews().catch_up()  # and is never heard of again
    size = desk.store.size()
    for number in range(5, 7):
        desk.happens(number)

    desk.reviews().catch_up()
    desk.reviews().catch_up()

    assert size + 2 == desk.store.size()
    assert [4] == [review.leaf for review in launched(desk)]


def test_a_process_that_fell_behind_judges_by_what_was_adopted_meanwhile(desk: Watch) -> None:
    one, other = desk.reviews(), desk.reviews()
    for number in range(1, 5):
        desk.happens(number, "search")
    one.catch_up()  # knows the policy now
    desk.happens(5)
    desk.command(5, c.Dismiss(reason="A false alarm"))
    desk.adopts(more_than=1)
    other.catch_up()  # reads the adoption in its place
    desk.happens(6)
    desk.happens(7)

    one.catch_up()
    one.catch_up()

    assert [("search", 3), ("chat", 1)] == [
        (each.system, each.threshold) for each in launched(desk)
    ]


def test_a_review_is_judged_by_the_policy_of_its_leaf_however_late_it_is_read(
    desk: Watch,
) -> None:
    for number in range(1, 5):
        desk.happens(number)
    desk.adopts(more_than=100, zone="Asia/Kolkata")
    desk.reviews().catch_up()
    assert [(3, "UTC")] == [(each.threshold, each.zone) for each in launched(desk)]


def test_what_is_dismissed_before_the_fourth_launches_nothing(desk: Watch) -> None:
    for number in range(1, 4):
        desk.happens(number)
    desk.command(1, c.Dismiss(reason="A false alarm"))
    desk.happens(4)
    desk.reviews().catch_up()
    assert [] == launched(desk)

    desk.command(1, c.Reopen(reason="It was none"))
    desk.seal()
    desk.reviews().catch_up()
    assert [tuple(UUID(int=number) for number in range(1, 5))] == [
        review.incidents for review in launched(desk)
    ]


@pytest.mark.parametrize("hosts", [2, 4])
def test_processes_that_race_on_one_store_launch_one_review_a_month(
    tmp_path: Path, desk: Watch, hosts: int
) -> None:
    for number in range(1, 41):
        desk.happens(number, f"system-{number % 8}")
    together = Barrier(hosts)

    def run() -> None:
        with closing(store_of(tmp_path)) as store:
            executor = Executor(store, clock=lambda: NOON, new_id=new_id)
            try:
                reviews = ReviewProcess(
                    Services(store, executor, clock=lambda: NOON, new_id=new_id)
                )
                together.wait(DEADLINE)
                reviews.catch_up()
            finally:
                executor.close()

    with ThreadPoolExecutor(hosts) as pool:
        for future in [pool.submit(run) for _ in range(hosts)]:
            future.result(6 * DEADLINE)

    assert [f"system-{number}" for number in range(8)] == sorted(
        review.system for review in launched(desk)
    )
    assert {4} == {len(review.incidents) for review in launched(desk)}
