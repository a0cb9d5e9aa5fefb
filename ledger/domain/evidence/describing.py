"""The events of evidence as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.evidence import events as e
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.EvidenceEvent) -> str:
    """What happened, for people."""
    match event:
        case e.EvidenceFiled():
            until = f", valid until {time_text(event.valid_until)}" if event.valid_until else ""
            release = f" for {event.release}" if event.release else ""
            return f"Filed as {event.evidence_kind}{release}{until}: {plain_text(event.title)}"
        case e.EvidenceRefiled():
            given = (name for name, value in asdict(event).items() if value is not UNSET)
            fields = ", ".join(sorted(set(given) - {"at"})).replace("_", " ")
            return f"Filed again: {fields}"
        case e.EvidenceApproved():
            conditions = "; ".join(map(plain_text, event.conditions))
            on = f", on condition: {conditions}" if conditions else ""
            return f"Approved{_scope(event)}{on}"
        case e.EvidenceRejected():
            return f"Rejected{_scope(event)}: {plain_text(event.reason)}"
        case e.EvidenceAttested():
            role = f" as {event.role}" if event.role else ""
            return f"Attested{role}: {plain_text(event.statement)}"
        case e.EvidenceSuperseded():
            return f"Superseded by {event.by}"
        case e.EvidenceWithdrawn():
            return f"Withdrawn: {plain_text(event.reason)}"
        case e.EvidenceExpired():
            return "Expired"
        case e.EvidenceChecked():
            return f"Checked: {event.verdict.label.lower()}. {event.reason}"
        case _:
            assert_never(event)


def _scope(event: e.EvidenceApproved | e.EvidenceRejected) -> str:
    """In which role, for what, and until when."""
    role = f" as {event.role}" if event.role else ""
    scope = ", ".join((*event.versions, *event.change_classes)) or event.release
    until = f", until {time_text(event.until)}" if event.until else ""
    return f"{role}{f' for {scope}' if scope else ''}{until}"
