"""Times and texts as rows store them."""

from datetime import datetime

from ledger.domain.envelope import Acting, Recorded, id_of
from ledger.domain.incident import amended_value
from ledger.domain.incident.events import Amended
from ledger.domain.text import plain_text
from ledger.policy.times import time_text

__all__ = ["acting_fields", "amended_text", "is_over", "plain_text", "subject", "time_text"]


def subject(recorded: Recorded) -> str:
    """The id of an event's stream, without its kind."""
    return id_of(recorded.stream)


def is_over(due: str | None, now: str) -> bool:
    """Whether a time has come, as the clock judges it: exactly at it it has; without one never.

    Both are RFC 3339 text in UTC, which sorts as time does.
    """
    return due is not None and due <= now


def amended_text(event: Amended) -> str | None:
    """The new value of an amended field."""
    value = amended_value(event)
    return time_text(value) if isinstance(value, datetime) else plain_text(value)


def acting_fields(acting: Acting | None) -> dict[str, str]:
    """The parts of it that are there, by name."""
    if acting is None:
        return {}
    parts = {"role": acting.role, "holder": acting.holder, "refusal": acting.refusal}
    return {name: value for name, value in parts.items() if value is not None}
