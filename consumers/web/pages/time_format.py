"""Formats times, durations and counts for people. All times are UTC."""

from datetime import UTC, datetime, timedelta

from consumers.read_service.durations import HOUR, span

MIN_DIFFERENCE = timedelta(seconds=1)


def instant(text: str) -> datetime:
    """A row's time (RFC 3339 text in UTC)."""
    return datetime.fromisoformat(text).astimezone(UTC)


def day(text: str) -> str:
    """`22 Nov 2026`"""
    at = instant(text)
    return f"{at.day} {at:%b %Y}"


def clock(text: str) -> str:
    """`13:40`"""
    return f"{instant(text):%H:%M}"


def day_and_time(text: str) -> str:
    """`22 Nov 2026, 13:40`"""
    return f"{day(text)}, {clock(text)}"


def exact(text: str) -> str:
    """`2026-11-22 13:40:20.200 UTC`; with a fraction only if there is one."""
    at = instant(text)
    fraction = f".{at.microsecond:06}".rstrip("0").rstrip(".")
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def allowance(length: timedelta) -> str:
    """A time limit, in hours if it is whole hours, as in the runbook: `24 h`."""
    hours, rest = divmod(length.total_seconds(), HOUR)
    return span(length.total_seconds()) if rest else f"{hours:.0f} h"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 incident`, `2 incidents`; `many` is the plural where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def seconds_between(earlier: str, later: str) -> float:
    """The seconds from one time of a row to another; negative if they are reversed."""
    return (instant(later) - instant(earlier)).total_seconds()


def between(earlier: str, later: str) -> str:
    """The duration in words; `no valid duration` if the end is not after the start."""
    seconds = seconds_between(earlier, later)
    return span(seconds) if seconds > 0 else "no valid duration"


def differ(one: str, other: str) -> bool:
    """Whether two times differ by at least MIN_DIFFERENCE."""
    return abs(instant(one) - instant(other)) >= MIN_DIFFERENCE
