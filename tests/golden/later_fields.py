"""Events with the optional fields that came after their first release, by the name of their file.

An event without them has the bytes that it always had.
"""

from datetime import timedelta

from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.access import AccessGranted, HolderKind
from ledger.domain.access.role_events import (
    DelegationEnded,
    RoleDelegated,
    RoleGranted,
    RoleRevoked,
)
from ledger.domain.alert import AlertChanged, AlertFired, AlertLateRecorded, AlertResolved
from ledger.domain.delivery import Delivered, DeliveryRequested
from ledger.domain.envelope import Event
from ledger.domain.incident import events as e
from ledger.domain.policy import PolicyAdopted
from ledger.domain.review import ReviewAmended, ReviewConcluded, ReviewLaunched
from ledger.domain.source import AlertsTruncated
from ledger.domain.subject import ErasureProposed, SubjectErased
from ledger.domain.system import Phase, PhaseEntered, SystemRetired
from ledger.vocabulary import Category, Notice, Scope, Severity, SourceKind, Step
from tests.golden.incident_events import (
    ALERT,
    AT,
    AT_RISK_AT,
    BESIDE,
    DUE,
    ENDED_AT,
    INCIDENT_EVENTS,
    OWED,
)
from tests.golden.other_events import ALERT as DESCRIBED
from tests.golden.other_events import OTHER, OTHER_EVENTS, PERSON

UNREAD = {"payload.timestamp": "28.11.2026 10:00"}
FIRST = {type(event): event for event in INCIDENT_EVENTS + OTHER_EVENTS}

LATER_FIELDS: dict[str, Event] = {
    "access.granted.v1+expires": AccessGranted(
        at=AT,
        holder_kind=HolderKind.TOKEN,
        holder_name="auditor",
        holder="person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d",
        scope=Scope.READ,
        expires_at=AT + timedelta(days=90),
    ),
    "access.delegation_ended.v1+system": replace(FIRST[DelegationEnded], system="chat"),
    "access.role_delegated.v1+system": replace(FIRST[RoleDelegated], system="chat"),
    "access.role_granted.v1+system": replace(
        FIRST[RoleGranted], system="chat", until=AT + timedelta(days=30)
    ),
    "access.role_revoked.v1+system": replace(
        FIRST[RoleRevoked], system="chat", reason="She left the team."
    ),
    "delivery.delivered.v1+ticket": Delivered(
        at=AT,
        channel="tracker",
        receipt="ticket #7 opened",
        ticket="https://github.com/acme/ops/issues/7",
    ),
    "subject.erased.v1+person": replace(FIRST[SubjectErased], person=OTHER, proposed_by=PERSON),
    "subject.erasure_proposed.v1+text": replace(
        FIRST[ErasureProposed], person=UNSET, text="019d5c3e-7a00-7000-8000-00000000000a"
    ),
    "incident.amended.v1+list": replace(
        FIRST[e.Amended], field="rca.8.actions", from_=(BESIDE,), to=(BESIDE, "Another.")
    ),
    "alert.changed.v1+unread": replace(FIRST[AlertChanged], unread=UNREAD),
    "alert.fired.v1+beside": replace(
        FIRST[AlertFired],
        alert=replace(DESCRIBED, annotations={}, title=BESIDE, annotations_text=BESIDE),
    ),
    "alert.fired.v1+kind": replace(FIRST[AlertFired], kind=SourceKind.PAGERDUTY, unread=UNREAD),
    "alert.late_recorded.v1+unread": replace(FIRST[AlertLateRecorded], unread=UNREAD),
    "alert.resolved.v1+unread": replace(FIRST[AlertResolved], unread={"ends_at": "soon"}),
    "incident.absorbed.v1+stale": replace(
        FIRST[e.Absorbed],
        stale=(e.StaleAlert(alert=ALERT, last_heard_at=ENDED_AT, marked_at=AT),),
        resolved_at=ENDED_AT,
        started_at=ENDED_AT,
    ),
    "incident.absorbed.v1+worst": replace(FIRST[e.Absorbed], worst_severity=Severity.CRITICAL),
    "incident.alert_resolved.v1+marked": e.LinkedAlertResolved(
        at=ENDED_AT, alert=ALERT, basis=e.STALE, marked_at=AT
    ),
    "incident.amended.v1+alert": replace(FIRST[e.Amended], alert=ALERT),
    "incident.amended.v1+steps": replace(FIRST[e.Amended], steps=OWED),
    "incident.classified.v1+policy": replace(
        FIRST[e.Classified],
        category="prompt_injection",
        label="Prompt injection",
        rca_due=DUE,
        at_risk_at=AT_RISK_AT,
        steps=OWED,
    ),
    "incident.classified.v1+secondary": replace(
        FIRST[e.Classified], secondary_category=Category.SAFETY_FAILURE
    ),
    "delivery.requested.v1+source": replace(
        FIRST[DeliveryRequested], notice=Notice.SOURCE_SILENT, source="main"
    ),
    "delivery.requested.v1+later": replace(
        FIRST[DeliveryRequested],
        send_at=AT + timedelta(hours=8),
        digest=True,
        unless_acknowledged_since=AT,
    ),
    "source.alerts_truncated.v1+since": replace(FIRST[AlertsTruncated], since=ENDED_AT),
    "incident.acknowledged.v1+person": e.Acknowledged(at=AT),
    "incident.amended.v1+moves": e.Amended(
        at=AT,
        field="rca.9.at",
        from_="2026-03-10T09:59:30Z",
        to="2026-03-10T09:30:00.123456Z",
        reason="It was found before.",
        moves=Step.RCA.value,
        rca_completed_at=ENDED_AT,
    ),
    "incident.amended.v1+shortened": e.Amended(
        at=AT,
        field="communicate.17.message",
        from_="We are…",
        to="We know the cause.",
        reason="The old text was long.",
        shortened=True,
    ),
    "incident.closed.v1+reason": replace(FIRST[e.Closed], reason="The vendor does not answer."),
    "incident.detected.v1+action": replace(
        FIRST[e.IncidentDetected], system_action="The agent deleted 40 records."
    ),
    "incident.detected.v1+started": replace(FIRST[e.IncidentDetected], started_at=ENDED_AT),
    "incident.detected.v1+steps": replace(FIRST[e.IncidentDetected], steps=OWED),
    "incident.step_waived.v1+label": replace(
        FIRST[e.StepWaived], step="legal_review", label="Legal review"
    ),
    "incident.rca_approval_requested.v1+also": replace(
        FIRST[e.RcaApprovalRequested], also=("person/019d5c3e-7a00-7000-8000-000000000003",)
    ),
    "policy.adopted.v1+proposed": replace(
        FIRST[PolicyAdopted], proposed_by="person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
    ),
    "review.amended.v1+time": ReviewAmended(
        at=AT, reason="It was concluded in the meeting.", concluded_at=ENDED_AT
    ),
    "review.concluded.v1+due": replace(FIRST[ReviewConcluded], due=ENDED_AT),
    "review.launched.v1+due": replace(FIRST[ReviewLaunched], due=AT + timedelta(days=14)),
    "system.phase_entered.v1+evidence": PhaseEntered(
        at=AT,
        iteration=1,
        phase=Phase.EVALUATION,
        evidence=("019d5c3e-7a00-7000-8000-000000000007",),
        owed=("red_team_report", "tra or dpia"),
    ),
    "system.phase_entered.v1+release": PhaseEntered(
        at=AT,
        iteration=1,
        phase=Phase.OPERATIONALIZATION,
        release="019d5c3e-7a00-7000-8000-000000000008",
    ),
    "system.retired.v1+clocks": SystemRetired(
        at=AT,
        data="Deleted.",
        keys="Revoked.",
        users="Told, and moved.",
        open_clocks="INC-7: settled with its RCA.",
    ),
}
