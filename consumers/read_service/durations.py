"""Durations in words."""

from datetime import timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_HOURS_AT_MOST = timedelta(hours=72)


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


def format_duration(duration: timedelta) -> str:
    """A duration in words: hours as the runbook counts them, seconds where it is as short."""
    seconds = duration.total_seconds()
    if seconds < 2 * MINUTE:
        return f"{seconds:g} s"
    if duration <= _HOURS_AT_MOST and seconds % HOUR == 0:
        return f"{seconds / HOUR:g} h"
    return span(seconds)


def _two(large: str, small: int, unit: str) -> str:
    return f"{large} {small} {unit}" if small else large
