"""How rows write times and texts."""

from datetime import datetime
from hashlib import sha256

from ledger.domain.envelope import Recorded, Sealed, Text, id_of
from ledger.domain.incident import amended_value
from ledger.domain.incident.events import Amended
from ledger.policy.times import time_text

__all__ = ["MOST_INDEXED", "amended_text", "bounded", "plain", "subject", "time_text"]

MOST_INDEXED = 500
"""Characters."""


def subject(recorded: Recorded) -> str:
    """The id of an event's stream, without its kind."""
    return id_of(recorded.stream)


def bounded(text: str) -> str:
    """A text that an index takes: a longer one is cut, and ends in its SHA-256 to stay itself.

    PostgreSQL's take 2,704 bytes, and a system is what an alert's label says. What is sealed has
    it whole. Bounded again, it stays as it is.
    """
    if len(text) <= MOST_INDEXED:
        return text
    return text[: MOST_INDEXED - 65] + "…" + sha256(text.encode()).hexdigest()


def plain(text: Text | None) -> str | None:
    """Text for people; what is sealed stays so."""
    return "(sealed)" if isinstance(text, Sealed) else text


def amended_text(event: Amended) -> str | None:
    """The new value of an amended field."""
    value = amended_value(event)
    return time_text(value) if isinstance(value, datetime) else plain(value)
