"""The monthly counts, a page at a time."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger.domain.incident.commands import Dismiss, Report
from ledger.errors import Invalid
from projections import queries
from projections.engine import ViewsDatabase
from projections.engine.generations import live_table
from projections.queries.count_order import COUNT_SORTS
from projections.queries.counts import Counted
from projections.queries.paging import encode_cursor
from projections.reviews import REVIEWS
from tests.harness.commands import report_incident
from tests.unit.projections.world import World, world


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_the_pages_of_the_counts_hold_each_month_and_system_once(
    tmp_path: Path, views: ViewsDatabase, limit: int
) -> None:
    with world(tmp_path, views) as ledger:
        for number, (month, system) in enumerate(
            [(1, "b"), (1, "c"), (2, "a"), (2, "b"), (3, "a")]
        ):
            report = Report(
                title="It broke", system=system, detected_at=datetime(2026, month, 1, tzinfo=UTC)
            )
            request = report_incident(incident=UUID(int=number + 1), report=report)
            ledger.executor.execute(request, ledger.context())
        ledger.catch_up()

        found: list[tuple[str, str]] = []
        cursor = None
        for _ in range(5):
            page = queries.counts.monthly_counts(ledger.views, cursor=cursor, limit=limit)
            found += [(each.month, each.system) for each in page.counts]
            if (cursor := page.next) is None:
                break

    assert [
        ("2026-03", "a"),
        ("2026-02", "a"),
        ("2026-02", "b"),
        ("2026-01", "b"),
        ("2026-01", "c"),
    ] == found


REPORTS = (
    *[(1, "b", False)] * 5,
    *[(1, "\u00e9", False)] * 2,
    *[(2, "a", False)] * 2,
    *[(2, "a", True)] * 2,
    (2, "b", True),
    (3, "a", False),
    (3, "C", True),
)
"""The month, the system, and whether it is a near miss; more than 3 launch a review."""
REVIEW = {
    "review": "r",
    "month": "2026-01",
    "system": "b",
    "zone": "UTC",
    "action": "Review.",
    "threshold": 3,
    "count": 5,
    "incidents": [],
    "leaf": 4,
    "launched_leaf": 5,
    "version": 0,
    "launched_at": "2026-01-01",
    "recorded_at": "2026-01-01",
}
VALUES: Mapping[str, Callable[[Counted], str | int]] = {
    "month": lambda each: each.month,
    "system": lambda each: each.system,
    "count": lambda each: each.members.total,
    "near_misses": lambda each: each.near_misses.total,
}


@pytest.fixture
def counted(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    with world(tmp_path, views) as ledger:
        for number, (month, system, near_miss) in enumerate(REPORTS):
            at = datetime(2026, month, 1, tzinfo=UTC)
            report = Report(title="It broke", system=system, detected_at=at, near_miss=near_miss)
            request = report_incident(incident=UUID(int=number + 1), report=report)
            ledger.executor.execute(request, ledger.context())
        for number in range(5):
            ledger.do(UUID(int=number + 1), Dismiss(reason="A test."))
        ledger.catch_up()
        # The review stays when none of its month's incidents counts any more.
        with ledger.views.begin(write=True) as connection:
            table = live_table(connection, REVIEWS)
            assert table is not None
            connection.execute(table.insert(), [REVIEW])
        yield ledger


def pages(ledger: World, sort: str | None, **filters: Any) -> list[Counted]:
    found: list[Counted] = []
    cursor = None
    for _ in range(len(REPORTS)):
        page = queries.counts.monthly_counts(
            ledger.views, sort=sort, cursor=cursor, limit=2, **filters
        )
        found += page.counts
        if (cursor := page.next) is None:
            return found
    raise AssertionError("The pages do not end.")


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", COUNT_SORTS)
def test_the_counts_are_sorted_by_each_column_in_both_directions(
    counted: World, column: str, descending: bool
) -> None:
    sort = f"-{column}" if descending else column
    usual = queries.counts.monthly_counts(counted.views).counts
    assert 6 == len(usual)
    expected = sorted(usual, key=VALUES[column], reverse=descending)

    assert expected == pages(counted, sort)
    assert expected == queries.counts.monthly_counts(counted.views, sort=sort).counts
    of_month = [each for each in expected if each.month == "2026-02"]
    assert of_month == pages(counted, sort, month="2026-02")
    of_system = [each for each in expected if each.system == "b"]
    assert of_system == pages(counted, sort, system="b")


def test_the_usual_order_of_the_counts_is_that_of_the_newest_month(counted: World) -> None:
    found = pages(counted, None)

    assert [
        ("2026-03", "C"),
        ("2026-03", "a"),
        ("2026-02", "a"),
        ("2026-02", "b"),
        ("2026-01", "b"),
        ("2026-01", "\u00e9"),
    ] == [(each.month, each.system) for each in found]
    [reviewed] = [each for each in found if each.review is not None]
    assert ("b", 0, 0) == (reviewed.system, reviewed.members.total, reviewed.near_misses.total)


def test_a_sort_that_the_counts_do_not_have_and_a_cursor_of_another_sort_are_refused(
    counted: World,
) -> None:
    with pytest.raises(Invalid) as refused:
        queries.counts.monthly_counts(counted.views, sort="colour")
    expected = "expected one of month, system, count, near_misses, with - before it to reverse"
    assert [("sort", expected)] == list(refused.value.errors)
    cursor = queries.counts.monthly_counts(counted.views, sort="count", limit=2).next
    for sort in (None, "-count", "near_misses", "system"):
        with pytest.raises(Invalid, match="cursor"):
            queries.counts.monthly_counts(counted.views, sort=sort, cursor=cursor, limit=2)
    largest = encode_cursor("counts -count", [2**63 - 1, "\0", "\0"])
    again = queries.counts.monthly_counts(counted.views, sort="-count", cursor=largest)
    assert 6 == len(again.counts)
