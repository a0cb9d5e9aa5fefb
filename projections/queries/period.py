"""A period of time that limits a list: `from` and `to`, both included."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from ledger.domain.rfc3339 import readable
from ledger.errors import Invalid
from ledger.policy.times import time_text

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Period(NamedTuple):
    """The first and the last instant, as rows store times; None does not limit."""

    first: str | None = None
    last: str | None = None

    def conditions(self, column: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
        """The conditions for a column of times."""
        if self.first is not None:
            yield column >= self.first
        if self.last is not None:
            yield column <= self.last


def period_of(first: str | None, last: str | None) -> Period:
    """The period from a date or time to another. Raises Invalid, which names `from` or `to`.

    A date (2026-11-30) is a whole day in UTC; a time is RFC 3339 with its offset.
    """
    found = Period(
        None if first is None else _instant("from", first, time.min),
        None if last is None else _instant("to", last, time.max),
    )
    if found.first is not None and found.last is not None and found.first > found.last:
        raise _invalid("to", last or "", "a date or time that is not before `from`")
    return found


def _instant(name: str, text: str, of_day: time) -> str:
    try:
        if _DATE.fullmatch(text):
            return time_text(datetime.combine(date.fromisoformat(text), of_day, UTC))
        at = datetime.fromisoformat(readable(text.replace(" ", "+")).upper())
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None or len(text) <= len("2026-11-30"):
        raise _invalid(name, text, "a date such as 2026-11-30, or a time such as 2026-11-30T09:30Z")
    return time_text(at)


def _invalid(name: str, text: str, expected: str) -> Invalid:
    return Invalid(
        f"Invalid {name} of a period: {text[:40]!r}.",
        errors=[(name, f"expected {expected}")],
        remedy="A date is a day in UTC, a time has its offset (Z or +02:00); both ends belong to "
        "the period.",
    )
