"""An improvement's events as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET

from ledger.domain.improvement import events as e
from ledger.domain.improvement.criterion import described
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.ImprovementEvent) -> str:
    """What happened, for people."""
    match event:
        case e.ImprovementProposed():
            return _proposed(event)
        case e.ImprovementAccepted():
            success = f". Success: {plain_text(event.success)}" if event.success else ""
            if event.criterion:
                success += f". It has its effect where {described(event.criterion)}"
            return f"Accepted, to be done by {event.owner} until {time_text(event.due)}{success}"
        case e.ImprovementRejected():
            return f"Rejected: {plain_text(event.reason)}"
        case e.ImprovementDueChanged():
            said = f"{time_text(event.to)} instead of {time_text(event.from_)}"
            return f"To be done until {said}: {plain_text(event.reason)}"
        case e.ImprovementOverdue():
            return f"Overdue: it was to be done until {time_text(event.due)}"
        case e.ImprovementDone():
            by = event.check_by
            known = f". Its effect is known at {time_text(by)}" if by else ""
            return f"Done: {plain_text(event.what)}{known}"
        case e.ImprovementChecked():
            clock = "" if event.person else " by the clock"
            return f"Checked{clock}: {event.result.label.lower()}. {plain_text(event.basis)}"
        case e.ImprovementActed():
            return f"Acted on: {', '.join(map(_update, event.updates))}"
        case e.ImprovementReopened():
            return f"Reopened until {time_text(event.due)}: {plain_text(event.reason)}"
        case e.ImprovementRecurred():
            return f"It happened again: incident {event.incident}"
        case e.ImprovementClosed():
            return f"Closed: {plain_text(event.reason)}" if event.reason else "Closed"
        case _:
            assert_never(event)


def _proposed(event: e.ImprovementProposed) -> str:
    why = f"{event.improvement_kind.label.lower()}; {_why(event.cause)}"
    action = f". Action: {plain_text(event.action)}" if event.action else ""
    of = event.system or "the organisation"
    return f"Proposed for {of} ({why}): {plain_text(event.title)}{action}"


def _why(cause: e.ImprovementCause) -> str:
    ref = f" {cause.ref}" if cause.ref else ""
    leaf = "" if cause.leaf is UNSET else f", leaf {cause.leaf}"
    return f"{cause.kind.label.lower()}{ref}{leaf}"


def _update(update: e.ActedUpdate) -> str:
    digest = f" ({update.digest})" if update.digest else ""
    return f"{update.what.label.lower()} {update.reference}{digest}"
