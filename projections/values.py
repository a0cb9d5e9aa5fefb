"""How rows write times and texts."""

from ledger.domain.envelope import Recorded, Sealed, Text
from ledger.policy.times import time_text

__all__ = ["latest_text", "plain", "subject", "time_text"]


def subject(recorded: Recorded) -> str:
    """The id of an event's stream, without its kind."""
    return recorded.stream.partition("/")[2]


def latest_text(one: str | None, other: str | None) -> str | None:
    """The later of two times as text, either of which may be missing."""
    return max((time for time in (one, other) if time is not None), default=None)


def plain(text: Text | None) -> str | None:
    """Text for people; what is sealed stays so."""
    return "(sealed)" if isinstance(text, Sealed) else text
