"""Times as RFC 3339 writes them, before msgspec (0.22) reads them.

msgspec rounds what is finer than a microsecond, which can move a time into the next second or
month, and refuses leap seconds. Here the digits are cut and a leap second becomes the last
microsecond before it, so that a time stays in its second, day and month.
"""

import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:)(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_MICROSECOND_DIGITS = 6
_LEAP = "60"
_LEAP_READ = "59.999999"


def readable(text: str) -> str:
    """The text with what msgspec rounds or refuses made readable; any other text as it is."""
    found = _FORM.fullmatch(text)
    if found is None:
        return text
    minute, second, digits, offset = found.groups()
    if second == _LEAP:
        leap = f"{minute}{_LEAP_READ}{offset or ''}"
        return leap if _ends_a_month(leap) else text
    if digits is None or len(digits) <= _MICROSECOND_DIGITS:
        return text
    return f"{minute}{second}.{digits[:_MICROSECOND_DIGITS]}{offset or ''}"


def _ends_a_month(text: str) -> bool:
    """Whether the next microsecond begins a month in UTC: a leap second is nowhere else."""
    try:
        at = datetime.fromisoformat(text.upper()).astimezone(UTC) + timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return False
    return (at.day, at.time()) == (1, datetime.min.time())
