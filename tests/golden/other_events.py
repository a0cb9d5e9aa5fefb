"""One event of each type of the other streams, as a person would write it down."""

from datetime import timedelta

from ledger.domain.access import AccessGranted, AccessRevoked, HolderKind, LinkMade, ReadsRecorded
from ledger.domain.access.role_events import (
    DelegationEnded,
    GlassBroken,
    PersonsJoined,
    RoleDelegated,
    RoleGranted,
    RoleRevoked,
)
from ledger.domain.alert import (
    AlertChanged,
    AlertDetails,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    AlertStale,
    Sender,
)
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.delivery import (
    Delivered,
    DeliveryFailed,
    DeliveryGivenUp,
    DeliveryNotNeeded,
    DeliveryPassedOn,
    DeliveryRequested,
)
from ledger.domain.envelope import Event
from ledger.domain.intake import IntakeInterrupted, QuarantineGrown, QuarantineReduced
from ledger.domain.policy import PolicyAdopted, PolicyProposed
from ledger.domain.review import (
    ReviewAmended,
    ReviewAssigned,
    ReviewConcluded,
    ReviewLaunched,
    ReviewNoted,
    ReviewOverdue,
)
from ledger.domain.source import (
    AlertsTruncated,
    LeftOutEnded,
    SilenceEnded,
    SourceHeard,
    SourceSilent,
)
from ledger.domain.subject import ErasureProposed, SubjectErased
from ledger.vocabulary import ErasureReason, Notice, RoleBasis, Scope, Severity, SourceKind
from tests.golden.incident_events import AT, BESIDE, ENDED_AT, GROUP, INCIDENT

PERSON = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
OTHER = "person/019d5c3e-7a00-7000-8000-000000000001"
SENDER = Sender(
    external_url="http://alertmanager-a:9093",
    receiver="airledger",
    group_key='{}:{alertname="Leak"}',
)
ALERT = AlertDetails(
    source="main",
    dedup_key="9f0c1b2a3d4e5f60",
    title="Leak in chat",
    system="chat",
    severity=Severity.CRITICAL,
    labels={"severity": "critical", "alertname": "Leak", "system": "chat"},
    annotations={"summary": "Leak in chat", "log": "The end of it"},
    generator_url="http://prometheus:9090/graph?g0.expr=leaks+%3E+0",
    shortened=("annotations.log",),
)

OTHER_EVENTS: tuple[Event, ...] = (
    DeliveryRequested(
        at=AT,
        notice=Notice.INCIDENT_OPENED,
        event="019d5c3e-7a00-7000-8000-000000000003",
        leaf=41,
        about="incident/63e73ace-0cb7-5d8c-bd12-ef81f7e9fe72",
        channels=("risk-manager", "on-call"),
        rules=("severe",),
        tells_risk_manager=True,
        next_channel_after=timedelta(minutes=15),
        give_up_at=AT + timedelta(days=1),
    ),
    Delivered(at=AT, channel="risk-manager", receipt="status 204"),
    DeliveryFailed(at=AT, channel="risk-manager", reason="status 503"),
    DeliveryPassedOn(at=AT, channel="on-call"),
    DeliveryNotNeeded(at=AT, channel="on-call"),
    DeliveryGivenUp(at=AT, channel="on-call", reason="ConnectError"),
    AccessGranted(
        at=AT,
        holder_kind=HolderKind.SOURCE,
        holder_name="main",
        holder="source/main",
        scope=Scope.PUBLISH,
        source_kind=SourceKind.ALERTMANAGER,
    ),
    AccessRevoked(at=AT, holder_kind=HolderKind.TOKEN, holder_name="auditor"),
    LinkMade(
        at=AT,
        person="person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d",
        scopes=(Scope.READ, Scope.AUDIT),
        expires_at=ENDED_AT,
    ),
    ReadsRecorded(at=AT, day="2026-02-28", rows=3, digest=f"sha256:{'5f0c8f7e' * 8}"),
    AlertFired(
        at=AT,
        alert=ALERT,
        starts_at=AT,
        arrived_at=AT,
        sender=SENDER,
        rule="urgent",
        group=GROUP,
        incident=INCIDENT,
    ),
    AlertChanged(
        at=AT,
        alert=ALERT,
        arrived_at=AT,
        sender=SENDER,
        rule="urgent",
        group=GROUP,
        incident=INCIDENT,
    ),
    AlertResolved(at=ENDED_AT, starts_at=None, arrived_at=AT, sender=SENDER, alert=ALERT),
    AlertStale(at=AT, last_heard_at=ENDED_AT),
    AlertHeard(at=AT, arrived_at=AT, incident=INCIDENT),
    AlertLateRecorded(
        at=ENDED_AT,
        status="resolved",
        alert=ALERT,
        starts_at=ENDED_AT,
        ends_at=AT,
        arrived_at=AT,
        sender=SENDER,
    ),
    GroupOpenedIncident(
        at=AT,
        incident=INCIDENT,
        n=1,
        rule="urgent",
        values=(("system", "chat"), ("alertname", "Leak")),
    ),
    RoleGranted(at=AT, holder=PERSON, role="risk_manager", basis=RoleBasis.ADMIN),
    RoleRevoked(at=AT, holder=PERSON, role="risk_manager", basis=RoleBasis.PROVIDER),
    RoleDelegated(
        at=AT, holder=PERSON, deputy=OTHER, role="risk_manager", until=AT + timedelta(days=14)
    ),
    DelegationEnded(at=AT, holder=PERSON, deputy=OTHER, role="risk_manager"),
    PersonsJoined(at=AT, person=PERSON, other=OTHER),
    GlassBroken(at=AT, holder=PERSON, reason=BESIDE, until=AT + timedelta(hours=1)),
    PolicyProposed(
        at=AT,
        text='schema = 1\ntitle = "T"\n',
        digest="sha256:" + "6" * 64,
        base="sha256:" + "5" * 64,
        reason="As decided on 2026-03-09.",
        by=PERSON,
        persons=(PERSON, OTHER),
    ),
    PolicyAdopted(
        at=AT,
        text='schema = 1\ntitle = "T"\n',
        digest="sha256:" + "5" * 64,
        reason="As decided on 2026-03-09.",
    ),
    ReviewLaunched(
        at=AT,
        system="chat",
        month="2026-03",
        threshold=1,
        zone="Europe/Berlin",
        action="Launch RCA review",
        leaf=40,
        count=2,
        incidents=(GROUP, INCIDENT),
    ),
    ReviewAssigned(at=AT, owner="person/019d5c3e-7a00-7000-8000-000000000001"),
    ReviewConcluded(
        at=AT,
        findings="One switch fails for every tenant.",
        actions=("Replace the switch", BESIDE),
    ),
    ReviewAmended(at=AT, reason="It was another one.", findings=BESIDE, actions=()),
    ReviewNoted(at=AT, text="The vendor was asked."),
    ReviewOverdue(at=AT, due=AT),
    AlertsTruncated(at=AT, source="main", sender=SENDER, missing=12),
    SourceSilent(at=AT, source="main", since=ENDED_AT),
    SourceHeard(at=AT, source="main", silent_since=ENDED_AT, heard_at=AT),
    SilenceEnded(at=AT, source="main", silent_since=ENDED_AT),
    LeftOutEnded(at=AT, source="main", sender=SENDER, since=ENDED_AT, basis="complete"),
    IntakeInterrupted(at=AT, since=ENDED_AT, until=AT),
    QuarantineGrown(at=AT, open=10, oldest=ENDED_AT),
    QuarantineReduced(at=AT, open=5),
    SubjectErased(
        at=AT,
        texts=("019d5c3e-7a00-7000-8000-00000000000a",),
        streams=(f"incident/{INCIDENT}",),
        reason=ErasureReason.REQUEST,
    ),
    ErasureProposed(at=AT, reason=ErasureReason.LEGAL, by=PERSON, person=OTHER, persons=(PERSON,)),
)
