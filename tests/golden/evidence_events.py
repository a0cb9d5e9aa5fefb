"""One event of each type of evidence, as a person would write it down."""

from ledger.domain.envelope import Event
from ledger.domain.evidence import (
    EvidenceApproved,
    EvidenceAttested,
    EvidenceExpired,
    EvidenceFiled,
    EvidenceRefiled,
    EvidenceRejected,
    EvidenceSuperseded,
    EvidenceWithdrawn,
    Extracted,
)
from tests.golden.incident_events import AT, BESIDE, DUE

PERSON = "person/0198f0a2-0000-7000-8000-00000000000a"
EVIDENCE_EVENTS: tuple[Event, ...] = (
    EvidenceFiled(
        at=AT,
        evidence_kind="evaluation_pack",
        title=BESIDE,
        digest="4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce",
        system="support-assistant",
        release="2.4.0",
        size=48_213,
        media_type="application/json",
        url="https://files.example/packs/2.4.0",
        valid_until=DUE,
        extracted=Extracted(tool="inspect", tool_version="0.3.1", values=12),
        refused=("results.scores[3].metrics.mean: NaN",),
    ),
    EvidenceRefiled(at=AT, release="2.4.1", valid_until=DUE),
    EvidenceApproved(
        at=AT,
        person=PERSON,
        role="governance_lead",
        release="2.4.0",
        versions=("2.4.0", "2.4.1"),
        change_classes=("standard",),
        conditions=("Re-run the safety suite after the change of the guardrails.",),
        until=DUE,
    ),
    EvidenceRejected(at=AT, person=PERSON, role="risk_manager", reason="No test of Swiss German."),
    EvidenceAttested(at=AT, person=PERSON, statement=BESIDE, release="2.4.0"),
    EvidenceSuperseded(at=AT, by="0198f0a2-0000-7000-8000-00000000000b"),
    EvidenceWithdrawn(at=AT, reason="The wrong file."),
    EvidenceExpired(at=AT, valid_until=DUE),
)
