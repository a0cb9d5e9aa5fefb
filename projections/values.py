"""How rows write times and texts."""

from datetime import UTC, datetime

from ledger.domain.envelope import Recorded, Sealed, Text
from ledger.policy.times import in_utc


def time_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: text that sorts as time does."""
    if at.tzinfo is not UTC:
        at = in_utc(at)
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def subject(recorded: Recorded) -> str:
    """The id of an event's stream, without its kind."""
    return recorded.stream.partition("/")[2]


def latest_text(one: str | None, other: str | None) -> str | None:
    """The later of two times as text, either of which may be missing."""
    return max((time for time in (one, other) if time is not None), default=None)


def plain(text: Text | None) -> str | None:
    """Text for people; what is sealed stays so."""
    return "(sealed)" if isinstance(text, Sealed) else text
