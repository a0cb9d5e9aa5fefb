"""Times and texts as rows store them."""

from datetime import datetime

from ledger.domain.envelope import Recorded, id_of, plain_text
from ledger.domain.incident import amended_value
from ledger.domain.incident.events import Amended
from ledger.policy.times import time_text

__all__ = ["amended_text", "plain_text", "subject", "time_text"]


def subject(recorded: Recorded) -> str:
    """The id of an event's stream, without its kind."""
    return id_of(recorded.stream)


def amended_text(event: Amended) -> str | None:
    """The new value of an amended field."""
    value = amended_value(event)
    return time_text(value) if isinstance(value, datetime) else plain_text(value)
