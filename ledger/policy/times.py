"""Instants that stay within the calendar.

Alerting systems send the year 1 for "never" (Go's zero time), and nothing may fail on it: what
would leave the years 1 to 9999 stops at their end.
"""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ledger.errors import Invalid

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """`moment` in UTC. Raises Invalid where it has no offset: it names no instant then."""
    try:
        if moment.utcoffset() is None:
            raise Invalid(
                f"The time {moment.isoformat()} has no offset from UTC.",
                remedy="Give one, such as Z or +02:00.",
            )
        return moment.astimezone(UTC)
    except OverflowError:
        return FIRST if moment.year == 1 else LAST


def after(moment: datetime, span: timedelta) -> datetime:
    """The instant `span` after `moment`, in UTC: elapsed time, whatever clocks do in between."""
    try:
        return in_utc(moment) + span
    except OverflowError:
        return LAST if span > timedelta(0) else FIRST


def month_in(moment: datetime, zone: tzinfo) -> str:
    """The calendar month, "YYYY-MM", in which `moment` lies in `zone`."""
    local = in_utc(moment)
    with suppress(OverflowError):  # within a day of the calendar's end UTC's month is the nearest
        local = local.astimezone(zone)
    return f"{local.year:04d}-{local.month:02d}"


def month_plus(month: str, count: int) -> str:
    """The month, "YYYY-MM", that is so many months later, or earlier where `count` is negative."""
    year, place = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + count, 12)
    return f"{max(year, 0):04d}-{place + 1:02d}"


def next_time(moment: datetime, clock: str, zone: str) -> datetime:
    """The next instant after `moment` at which clocks in `zone` show `clock` ("HH:MM"), in UTC.

    A time that a change of clocks leaves out comes as much later; one that it repeats is the first.
    """
    return _next_time(moment, clock, zone, folds=(0,))


def next_end(moment: datetime, clock: str, zone: str) -> datetime:
    """As `next_time`, but of a time that clocks repeat it may be the second.

    What begins between the two ends at the second one, and not a day later.
    """
    return _next_time(moment, clock, zone, folds=(0, 1))


def _next_time(moment: datetime, clock: str, zone: str, folds: tuple[int, ...]) -> datetime:
    place = ZoneInfo(zone)
    local = in_utc(moment).astimezone(place)
    for days in (-1, 0, 1):  # a day has 23 to 25 hours, and the date may differ from UTC's
        day = local.date() + timedelta(days=days)
        for fold in folds:
            shown = time.fromisoformat(clock).replace(fold=fold)
            at = datetime.combine(day, shown, place).astimezone(UTC)
            if at > moment:
                return at
    return after(moment, timedelta(days=1))


@lru_cache(maxsize=16_384)
def time_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: text that sorts as time does."""
    if at.tzinfo is not UTC:
        at = in_utc(at)
    return at.isoformat(timespec="microseconds")[:-6] + "Z"
