"""Times as people write them: `17:51`, `10 minutes ago`, `yesterday 14:00`, or RFC 3339.

A small strict set of forms; what is none of them is refused. A time without an offset is local, in
the zone of the settings (`--tz`, `time_zone`), else in that of the system. A local time that the
clocks skip or repeat is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ledger.errors import Invalid

FORMS = (
    "Write it as 17:51, yesterday 14:00, 10 minutes ago, 2026-11-23 09:30, or with its offset, "
    "such as 2026-11-23T09:30:00Z."
)
AHEAD = "Write it as 90d, 12 hours, 2027-01-31, or a time with its offset: 2027-01-31T17:00:00Z."
_CLOCK = r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
_TIME = re.compile(rf"(?:(?P<day>today|yesterday)\s+)?{_CLOCK}", re.ASCII)
_DATE = re.compile(
    rf"(?P<date>\d{{4}}-\d\d-\d\d)(?:(?:[Tt]|\s+){_CLOCK}(?P<digits>\.\d+)?)?", re.ASCII
)
_AGO = re.compile(
    r"(?P<count>\d{1,6}|an?)\s*(?P<unit>s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s+ago",
    re.ASCII,
)
_SPAN = re.compile(r"(?P<count>\d{1,6})\s*(?P<unit>m|min|minutes?|h|hours?|d|days?)", re.ASCII)
_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_SPANS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def utc_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Times:
    """Reads times in a zone: that of the system where `zone` is None. `now` has its offset."""

    zone: ZoneInfo | None = None
    now: Callable[[], datetime] = utc_now

    def parse(self, name: str, text: str, *, ends: bool = False) -> datetime:
        """The time that a text names, with its offset; `name` is the option, for the error.

        A date alone is its first moment, with `ends` its last microsecond. Raises Invalid.
        """
        text = " ".join(text.split())
        if has_offset(text):
            try:
                return datetime.fromisoformat(text.upper())
            except ValueError as error:
                raise _invalid(name, text, str(error)) from error
        lower = text.lower()
        if lower == "now":
            return self.now()
        try:
            if found := _AGO.fullmatch(lower):
                return self._ago(found)
            if found := _TIME.fullmatch(lower):
                return self._at(name, text, self._day(found["day"]), found)
            if found := _DATE.fullmatch(text):
                return self._dated(name, text, found, ends=ends)
        except (ValueError, OverflowError) as error:
            raise _invalid(name, text, str(error)) from error
        raise Invalid(f"{name} {text!r} is invalid: it is no time.", remedy=FORMS)

    def ahead(self, name: str, text: str) -> datetime:
        """The time that a text names; a span such as `90d` or `12 h` is so long from now.

        Raises Invalid.
        """
        if found := _SPAN.fullmatch(" ".join(text.lower().split())):
            try:
                return self.now() + int(found["count"]) * _SPANS[found["unit"][0]]
            except OverflowError as error:
                raise _invalid(name, text, str(error)) from error
        try:
            return self.parse(name, text)
        except Invalid as error:
            raise Invalid(error.message, remedy=AHEAD) from error

    def local(self, at: datetime) -> datetime:
        """The same instant in the zone."""
        return at.astimezone(self.zone)

    def _ago(self, found: re.Match[str]) -> datetime:
        count = 1 if found["count"].startswith("a") else int(found["count"])
        return self.now() - count * _SPANS[found["unit"][0]]

    def _day(self, word: str | None) -> datetime:
        today = datetime.combine(self.local(self.now()).date(), time())
        return today - timedelta(days=1) if word == "yesterday" else today

    def _dated(self, name: str, text: str, found: re.Match[str], *, ends: bool) -> datetime:
        day = datetime.fromisoformat(found["date"])
        if found["hour"] is not None:
            at = self._at(name, text, day, found)
            digits = (found["digits"] or ".0")[1:7]
            return at.replace(microsecond=int(digits.ljust(6, "0")))
        if not ends:
            return self._instant(name, text, day)
        return self._instant(name, text, day + timedelta(days=1)) - timedelta(microseconds=1)

    def _at(self, name: str, text: str, day: datetime, found: re.Match[str]) -> datetime:
        naive = day.replace(
            hour=int(found["hour"]), minute=int(found["minute"]), second=int(found["second"] or 0)
        )
        return self._instant(name, text, naive)

    def _instant(self, name: str, text: str, naive: datetime) -> datetime:
        """The one instant at which the zone's clocks show this. Raises Invalid for none or two."""
        first, second = (self._resolved(naive, fold) for fold in (0, 1))
        if first.utcoffset() == second.utcoffset():
            return first
        shown = self.local(first.astimezone(UTC)).replace(tzinfo=None, fold=0)
        what = "comes twice, for the clocks go back" if shown == naive else "does not exist, for "
        what += "" if shown == naive else "the clocks go forward"
        raise Invalid(
            f"{name} {text!r} is invalid: {naive:%Y-%m-%d %H:%M} {what} then in "
            f"{self.zone or 'the zone of this system'}.",
            remedy="Write it with its offset, such as "
            f"{naive.isoformat(timespec='seconds')}{_offset(first)}.",
        )

    def _resolved(self, naive: datetime, fold: int) -> datetime:
        local = naive.replace(fold=fold)
        return local.astimezone() if self.zone is None else local.replace(tzinfo=self.zone)


def has_offset(text: str) -> bool:
    """Whether a text reads as RFC 3339, with its offset: the ledger's own form."""
    return _OFFSET.fullmatch(text) is not None


def _offset(at: datetime) -> str:
    text = f"{at:%z}"
    return f"{text[:3]}:{text[3:5]}"


def _invalid(name: str, text: str, why: str) -> Invalid:
    return Invalid(f"{name} {text!r} is invalid: {why}.", remedy=FORMS)
