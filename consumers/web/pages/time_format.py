"""Times and durations as people read them. All times are UTC."""

from datetime import UTC, datetime, timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WORTH_TELLING = timedelta(seconds=1)


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
    """`2026-11-22 13:40:20.200 UTC`; the fraction only where there is one."""
    at = instant(text)
    fraction = f".{at.microsecond:06}".rstrip("0").rstrip(".")
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def span(seconds: float) -> str:
    """A duration in words, to its two largest units: `2 days 4 h`, `2 h 30 min`, `12 min`."""
    whole = int(seconds)
    if whole < MINUTE:
        return "less than a minute"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        return _two(f"{whole // HOUR} h", whole % HOUR // MINUTE, "min")
    days = whole // DAY
    return _two(f"{days} day{'s' if days > 1 else ''}", whole % DAY // HOUR, "h")


def allowance(length: timedelta) -> str:
    """A time that is allowed, in hours where it is whole ones, as the runbook has it: `24 h`."""
    hours, rest = divmod(length.total_seconds(), HOUR)
    return span(length.total_seconds()) if rest else f"{hours:.0f} h"


def _two(large: str, small: int, unit: str) -> str:
    return f"{large} {small} {unit}" if small else large


def seconds_between(earlier: str, later: str) -> float:
    """From one of a row's times to another; negative where they are the other way round."""
    return (instant(later) - instant(earlier)).total_seconds()


def between(earlier: str, later: str) -> str:
    """The duration in words; an end that is not after its start gives none that is valid."""
    seconds = seconds_between(earlier, later)
    return span(seconds) if seconds > 0 else "no valid duration"


def differ(one: str, other: str) -> bool:
    """Whether two times differ by what is worth telling people."""
    return abs(instant(one) - instant(other)) >= WORTH_TELLING
