"""Instants about months, read off the calendars of zones."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.property.year.steps import Ago, Ahead, Claimed, MonthStart, When


def month_start(now: datetime, zone: str) -> datetime:
    """When the month that it is now in a zone began there, in UTC."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime(local.year, local.month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_month_start(now: datetime, zone: str) -> datetime:
    """When the next month begins in a zone, in UTC."""
    local = now.astimezone(ZoneInfo(zone))
    year, month = divmod(local.year * 12 + local.month, 12)
    return datetime(year, month + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def instant(when: When | None, now: datetime) -> datetime | None:
    """The instant that is meant, never after now; None for none."""
    at = claimed(when, now)
    return None if at is None else min(at, now)


def claimed(when: Claimed | None, now: datetime) -> datetime | None:
    """The instant that a sender states; None for none."""
    match when:
        case None | datetime():
            return when
        case Ago(span):
            return now - span
        case Ahead(span):
            return now + span
        case MonthStart(zone, span):
            return month_start(now, zone) + span
