"""Times and durations as people read them."""

from datetime import timedelta

import pytest

from consumers.read_service import durations
from consumers.web.pages import time_format

AT = "2026-11-22T13:40:20.200000Z"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (9_000, "2 h 30 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 day"),
        (187_200, "2 days 4 h"),
        (86_400 * 400, "400 days"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert said == durations.span(seconds)


def test_a_time_is_short_in_a_table_and_exact_behind_it() -> None:
    assert "22 Nov 2026, 13:40" == time_format.day_and_time(AT)
    assert "2026-11-22 13:40:20.2 UTC" == time_format.exact(AT)
    assert "2026-11-22 13:40:20 UTC" == time_format.exact("2026-11-22T13:40:20.000000Z")
    assert "2026-11-22 12:40:20 UTC" == time_format.exact("2026-11-22T13:40:20+01:00")


def test_an_end_before_its_start_has_no_valid_duration() -> None:
    later = "2026-11-22T13:52:20.200000Z"
    assert "12 min" == time_format.between(AT, later)
    assert "no valid duration" == time_format.between(later, AT)
    assert "no valid duration" == time_format.between(AT, AT)


def test_two_times_differ_from_a_second_on() -> None:
    assert not time_format.differ(AT, "2026-11-22T13:40:21.100000Z")
    assert time_format.differ(AT, "2026-11-22T13:40:21.200000Z")
    assert time_format.differ("2026-11-22T13:40:21.200000Z", AT)


def test_an_allowance_is_told_in_hours_where_it_is_whole_ones() -> None:
    assert "24 h" == time_format.allowance(timedelta(days=1))
    assert "1 h 30 min" == time_format.allowance(timedelta(minutes=90))
