"""The events of a standard as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.standard import events as e
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.StandardEvent) -> str:
    """What happened, for people."""
    match event:
        case e.StandardRegistered():
            kind = event.standard_kind.label.lower()
            version = f" {event.version}" if event.version else ""
            scope = ", ".join(event.systems) or "all systems"
            published = f", {event.reference}" if event.reference else ""
            named = f"{event.title}{version} ({kind} {event.standard}{published})"
            return f"Registered {named} for {scope}"
        case e.StandardAmended():
            given = {name for name, value in asdict(event).items() if value is not UNSET}
            fields = ", ".join(sorted(given - {"at", "reason"})).replace("_", " ")
            return f"Corrected {fields}: {plain_text(event.reason)}"
        case e.StandardChanged():
            since = (
                f", in force from {time_text(event.in_force_from)}" if event.in_force_from else ""
            )
            return (
                f"Changed to {event.version}{since}: {plain_text(event.summary)} What is mapped to "
                f"it is to be re-assessed until {time_text(event.reassess_by)}"
            )
        case e.StandardReviewed():
            notes = f": {plain_text(event.notes)}" if event.notes else ""
            again = f", again until {time_text(event.review_due)}" if event.review_due else ""
            return f"Looked at by {event.person}{again}{notes}"
        case e.StandardReviewOverdue():
            return f"Nobody looked until {time_text(event.due)} whether it changed"
        case e.StandardWithdrawn():
            return f"Withdrawn: {plain_text(event.reason)}"
        case _:
            assert_never(event)
