"""An improvement's events as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET

from ledger.domain.improvement import events as e
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.ImprovementEvent) -> str:
    """What happened, for people."""
    match event:
        case e.ImprovementProposed():
            why = f"{event.improvement_kind.label.lower()}; {_why(event.cause)}"
            action = f". Action: {plain_text(event.action)}" if event.action else ""
            return f"Proposed for {event.system} ({why}): {plain_text(event.title)}{action}"
        case e.ImprovementAccepted():
            success = f". Success: {plain_text(event.success)}" if event.success else ""
            return f"Accepted, to be done by {event.owner} until {time_text(event.due)}{success}"
        case e.ImprovementRejected():
            return f"Rejected: {plain_text(event.reason)}"
        case _:
            assert_never(event)


def _why(cause: e.ImprovementCause) -> str:
    ref = f" {cause.ref}" if cause.ref else ""
    leaf = "" if cause.leaf is UNSET else f", leaf {cause.leaf}"
    return f"{cause.kind.label.lower()}{ref}{leaf}"
