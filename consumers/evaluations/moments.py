"""Times of files: at a point in time, or refused. A time without an offset needs its zone."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from consumers.evaluations.numbers import NoNumber, number
from ledger.domain.rfc3339 import readable

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What is before is a duration or a counter, and no time at which a model was evaluated."""
FARTHEST = timedelta(hours=14)
"""No zone's clock differs from UTC by more."""


class NoTime(ValueError):
    """Why something is no time that can be used; continues "the time "."""


class Unzoned(NamedTuple):
    """A time on a clock of which it is not known where it stood."""

    local: datetime

    def agrees_with(self, moment: datetime) -> bool:
        """Whether some zone's clock could have shown it at that moment."""
        return abs(self.local.replace(tzinfo=UTC) - moment) <= FARTHEST


def moment(value: Any, form: str, zone: str | None, *, textual: bool) -> datetime | Unzoned:
    """The time that stands there, in UTC, or what the clock showed. Raises NoTime."""
    if form in {"s", "ms"}:
        return _checked(_since_1970(value, form, textual=textual))
    if not isinstance(value, str) or len(value) > 100:
        raise NoTime("is no text")
    text = value.strip()
    try:
        if form == "iso":
            at = datetime.fromisoformat(readable(text))
        else:
            at = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is put to it below
    except ValueError:
        raise NoTime(f"cannot be read as {form}") from None
    if at.tzinfo is not None:
        return _checked(_in_utc(at))
    return Unzoned(at) if zone is None else _checked(_placed(at, zone))


def _since_1970(value: Any, form: str, *, textual: bool) -> datetime:
    try:
        seconds = number(value, textual=textual)
        return datetime.fromtimestamp(seconds / (1_000 if form == "ms" else 1), UTC)
    except NoNumber as error:
        raise NoTime(str(error)) from None
    except (OverflowError, ValueError, OSError):
        raise NoTime(f"is no number of {form} since 1970") from None


def _placed(at: datetime, zone: str) -> datetime:
    place = ZoneInfo(zone)
    first, second = (at.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise NoTime(f"is twice or never on the clocks of {zone}, which were changed")
    return _in_utc(first)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise NoTime("is out of range") from None


def _checked(at: datetime) -> datetime:
    if at < EARLIEST:
        raise NoTime(f"is before {EARLIEST:%Y}: it is a duration, or a clock that was not set")
    return at
