"""One incident event of each type, as a person would write it down."""

from datetime import UTC, datetime
from uuid import UUID

from ledger.domain.envelope import Event
from ledger.domain.incident import events as e
from ledger.domain.text import OutsideText
from ledger.vocabulary import Category, RcaMark, Severity, Step

AT = datetime(2026, 3, 10, 9, 59, 30, tzinfo=UTC)
DUE = datetime(2026, 3, 11, 8, tzinfo=UTC)
AT_RISK_AT = datetime(2026, 3, 11, 4, tzinfo=UTC)
ENDED_AT = datetime(2026, 3, 10, 9, 30, 0, 123_456, tzinfo=UTC)
ALERT = UUID("15928850-d619-5796-a7a8-4a3361577d90")
OTHER_ALERT = UUID("15928850-d619-5796-a7a8-4a3361577d91")
GROUP = UUID("b4b7cb56-0d0b-5622-bb86-a84eeb4fb51c")
INCIDENT = UUID("63e73ace-0cb7-5d8c-bd12-ef81f7e9fe72")
BESIDE = OutsideText(
    text="019d5c3e-7a00-7000-8000-00000000000a",
    commitment="5c5b0e5f2c3a52b1a5b7f0d0b6f1a1b4c3d2e1f00918273645546372819f0e1d",
)

OWED = (
    e.OwedStep(step="legal_review", label="Legal review", after="classify", waivable=True),
    e.OwedStep(step="tell_authority", label="Tell the authority", after=None, waivable=False),
)

INCIDENT_EVENTS: tuple[Event, ...] = (
    e.IncidentDetected(
        at=datetime(2026, 3, 10, 8, tzinfo=UTC),
        title='Antworten "lecken" persönliche Daten 🔥',
        system="chat",
        severity=Severity.CRITICAL,
        source="source/main",
        basis="alert",
        month="2026-03",
        rca_due=DUE,
        at_risk_at=AT_RISK_AT,
        counts=True,
        description="Seen in the\nlogs.",
        external_id="T-1",
        group=GROUP,
        number=1,
        impact_ended_at=ENDED_AT,
    ),
    e.AlertLinked(at=AT, alert=ALERT, title="Leak a"),
    e.LinkedAlertResolved(at=AT, alert=ALERT, basis="stale"),
    e.ImpactResolved(at=ENDED_AT, reason="Answers were clean since; no alert watches this."),
    e.Contained(at=AT, action=BESIDE),
    e.Communicated(at=AT, audience="users", message="We are looking into it."),
    e.Classified(
        at=AT,
        category=Category.DATA_BREACH,
        severity=Severity.HIGH,
        reason="Personal data was shown.",
        counts=True,
    ),
    e.TicketOpened(at=AT, url="https://tickets.example/1"),
    e.RiskManagerNotified(at=AT, channel="email", receipt="250 2.0.0 Ok: queued as 4F5"),
    e.Acknowledged(at=AT, delivery=UUID("0c8ff4f8-4a2e-5b0f-9a59-2f0d1c5f5c11")),
    e.RollbackRequested(at=AT, reason="Worse than before.", target="model 41"),
    e.RollbackExecuted(at=AT, snapshot="model 41"),
    e.RollbackFailed(at=AT, snapshot="model 41"),
    e.RcaStarted(at=AT),
    e.RcaAtRisk(at=AT_RISK_AT, due=DUE),
    e.RcaOverdue(at=DUE, due=DUE),
    e.RcaCompleted(
        at=AT,
        summary="A cache was shared.",
        root_cause="The cache key lacked the tenant.",
        actions=("Add the tenant to the key.", BESIDE),
    ),
    e.PlaybookUpdated(at=AT, playbook="caches", change="Check the key for the tenant."),
    e.StepWaived(at=AT, step=Step.NOTIFY_RISK_MANAGER, reason="She was in the call."),
    e.OwnerAssigned(at=AT, owner="person/019d5c3e-7a00-7000-8000-000000000002"),
    e.Amended(
        at=AT,
        field="detected_at",
        from_="2026-03-10T08:00:00Z",
        to="2026-02-28T23:59:59.999999Z",
        reason="The logs say so.",
        month="2026-02",
        rca_due=datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC),
        at_risk_at=datetime(2026, 3, 1, 19, 59, 59, 999_999, tzinfo=UTC),
        counts=True,
    ),
    e.Merged(at=AT, into=INCIDENT, reason="The same leak."),
    e.Absorbed(
        at=AT,
        incident=INCIDENT,
        alerts=(ALERT, OTHER_ALERT),
        impact_ended_at=ENDED_AT,
        part=1,
        parts=2,
    ),
    e.Dismissed(at=AT, reason="A drill."),
    e.Closed(at=AT, basis="steps"),
    e.Reopened(at=AT, reason="It came back."),
    e.RcaMarkWithdrawn(
        at=AT, due=DUE, mark=RcaMark.OVERDUE, reason="The clock of the machine was wrong."
    ),
    e.StepDone(at=AT, step="legal_review", label="Legal review", note="No claim is to be feared."),
    e.NearMissDeclared(at=AT, reason="The filter held the answer back."),
    e.NearMissWithdrawn(at=AT, reason="Two customers had seen it.", counts=True),
    e.RcaPreliminary(
        at=AT,
        summary="A cache was shared.",
        root_cause="Not known yet.",
        actions=("Switch the cache off.", BESIDE),
        meets=True,
        final_due=datetime(2026, 3, 17, 9, 59, 30, tzinfo=UTC),
        final_at_risk_at=datetime(2026, 3, 17, 5, 59, 30, tzinfo=UTC),
    ),
    e.RcaApprovalRequested(at=AT, author="person/019d5c3e-7a00-7000-8000-000000000002"),
    e.RcaApproved(at=AT, comment="Read with the owner of the cache."),
    e.IncidentRestricted(at=AT, basis="person", reason=BESIDE),
    e.RestrictionLifted(at=AT, reason="It is public now."),
    e.Noted(at=AT, text="The vendor «answered»\nat noon."),
)
