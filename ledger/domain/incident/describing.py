"""An incident's events as sentences for people: the lines of its timeline."""

from typing import Any, assert_never

from ledger.domain.incident import events as e
from ledger.domain.text import OutsideText, plain_text
from ledger.policy.times import time_text


def describe(event: e.IncidentEvent) -> str:
    """What happened, for people."""
    match event:
        case e.IncidentDetected():
            return f"Detected: {plain_text(event.title)}"
        case e.AlertLinked():
            return f"Alert joined: {plain_text(event.title)}"
        case e.LinkedAlertResolved():
            return _ALERT_RESOLVED.get(event.basis, "Alert ended")
        case e.ImpactResolved():
            return f"Impact ended, as stated{_because(plain_text(event.reason))}"
        case e.Contained():
            return f"Contained: {plain_text(event.action)}"
        case e.Communicated():
            return f"Told {event.audience}: {plain_text(event.message)}"
        case e.Classified():
            severity = event.severity.label if event.severity else "no severity"
            also = event.secondary_category_label
            category = event.category_label + (f" and {also.lower()}" if also else "")
            return f"Classified: {category}, {severity}" + _because(plain_text(event.reason))
        case e.TicketOpened():
            return f"Ticket opened: {event.url}"
        case e.RiskManagerNotified():
            return f"Risk Manager notified by {event.channel}"
        case e.RollbackRequested():
            target = f" to {event.target}" if event.target else ""
            return f"Rollback requested{target}: {plain_text(event.reason)}"
        case e.RollbackExecuted():
            return f"Rolled back to {event.snapshot}"
        case e.RollbackFailed():
            return f"Rollback to {event.snapshot} failed"
        case e.RcaStarted():
            return "Root cause analysis started"
        case e.RcaAtRisk():
            return f"Root cause analysis at risk; due {time_text(event.due)}"
        case e.RcaOverdue():
            return f"Root cause analysis overdue; it was due {time_text(event.due)}"
        case e.RcaMarkWithdrawn():
            return (
                f"Mark withdrawn: root cause analysis {event.mark.label.lower()}, due "
                f"{time_text(event.due)}{_because(plain_text(event.reason))}"
            )
        case e.RcaCompleted():
            return f"Root cause found: {plain_text(event.root_cause)}"
        case e.PlaybookUpdated():
            return f"Playbook {event.playbook} updated: {plain_text(event.change)}"
        case e.StepWaived():
            return f"Step waived: {event.step_label}{_because(plain_text(event.reason))}"
        case e.StepDone():
            return f"{event.label}: {plain_text(event.note)}"
        case e.Acknowledged():
            return (
                f"Acknowledged by the link of delivery/{event.delivery}"
                if event.delivery
                else "Acknowledged"
            )
        case e.OwnerAssigned():
            return "Owner assigned"
        case e.Amended():
            return (
                f"Corrected {event.field}: {_value(event.from_)} is now {_value(event.to)}"
                + _because(plain_text(event.reason))
            )
        case e.Merged():
            return f"Merged into incident/{event.into}{_because(plain_text(event.reason))}"
        case e.Absorbed():
            stale = f" and {len(event.stale)} not heard of any more" if event.stale else ""
            return (
                f"Absorbed incident/{event.incident} with {len(event.alerts)} firing alerts{stale}"
            )
        case e.Dismissed():
            return f"Dismissed as a false alarm{_because(plain_text(event.reason))}"
        case e.Closed():
            return f"Closed{_because(plain_text(event.reason or None))}"
        case e.Reopened():
            return f"Reopened{_because(plain_text(event.reason))}"
        case e.NearMissDeclared():
            return f"Near miss: it did no harm{_because(plain_text(event.reason))}"
        case e.NearMissWithdrawn():
            return f"No near miss after all{_because(plain_text(event.reason))}"
        case e.RcaPreliminary(final_due=final):
            words = f"Preliminary root cause analysis: {plain_text(event.summary)}"
            return words + (f" (the final one is due {time_text(final)})" if final else "")
        case e.RcaApprovalRequested():
            return "Root cause analysis waits for the approval of somebody else"
        case e.RcaApproved():
            return f"Root cause analysis approved{_because(plain_text(event.comment))}"
        case e.IncidentRestricted():
            return _RESTRICTED[event.basis] + _because(plain_text(event.reason or None))
        case e.RestrictionLifted():
            return f"Restriction lifted{_because(plain_text(event.reason))}"
        case e.Noted():
            return f"Note: {plain_text(event.text)}"
        case _:
            assert_never(event)


_ALERT_RESOLVED = {
    e.RESOLVED: "Alert ended",
    e.STALE: "Alert not heard of any more: whether it goes on is unknown",
    e.MOVED: "Alert goes on in another incident",
    e.LATE: "Alert ended",
}


_RESTRICTED = {
    e.POLICY: "Restricted by the policy",
    e.PERSON: "Restricted",
    e.ABSORBED: "Restricted, as what it absorbed is",
}


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _value(text: Any) -> str:
    """A value in quotation marks; controls are written out in one that the event holds."""
    match text:
        case None:
            return "empty"
        case OutsideText():
            return f"'{plain_text(text)}'"
        case tuple():
            return ", ".join(map(_value, text)) or "empty"
        case _:
            return repr(plain_text(text))
