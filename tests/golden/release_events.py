"""The events of releases, of what was evaluated, and of what runs: written out once for ever."""

from datetime import timedelta

from ledger.domain.envelope import Event
from ledger.domain.evaluations import EvaluationRecorded, EvaluationRetracted
from ledger.domain.evidence import CardVerdict, EvidenceChecked
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.events import (
    ReleaseAmended,
    ReleaseConforming,
    ReleaseDecided,
    ReleaseDeployed,
    ReleaseEvidenceAttached,
    ReleaseEvidenceDetached,
    ReleaseNonconforming,
    ReleaseProposed,
    ReleaseRetired,
    ReleaseRolledBack,
    ReleaseSignedOff,
    ReleaseSignOffWithdrawn,
    ReleaseUndecidedLate,
    ReleaseUndeployed,
    RequirementExcluded,
    RequirementJudged,
    RequirementWaived,
)
from ledger.domain.release.production import (
    ProductionDecided,
    ProductionDeployed,
    ProductionEnded,
)
from ledger.domain.release.words import Decision, DeployMode, Verdict
from ledger.vocabulary import ArtefactKind, Direction
from tests.golden.incident_events import AT, BESIDE, INCIDENT

LATER = AT + timedelta(days=30)
PIA = "person/019d5c3e-7a00-7000-8000-000000000011"
EMIL = "person/019d5c3e-7a00-7000-8000-000000000012"
RELEASE_ID = "0a1b2c3d-0000-5000-8000-000000000021"
EVIDENCE_ID = "0a1b2c3d-0000-5000-8000-000000000022"
MEASUREMENT = "0a1b2c3d-0000-5000-8000-000000000023"
SUBJECT = "5e" * 32
PINNED = Artefact(
    kind=ArtefactKind.PROMPT, name="triage", digest="ab" * 32, uri="s3://prompts/triage"
)
HOSTED = Artefact(kind=ArtefactKind.PROVIDER_MODEL, name="gpt-4o", version="2024-08-06")
JUDGED = RequirementJudged(
    id="model_card",
    gate="documentation",
    verdict=Verdict.PASS,
    reason="The model_card is complete.",
    basis=(f"evidence/{EVIDENCE_ID}",),
    as_of=AT,
)

RELEASE_EVENTS: tuple[Event, ...] = (
    EvidenceChecked(
        at=AT,
        verdict=CardVerdict.INCOMPLETE,
        reason="1 item is missing.",
        rules="cd" * 32,
        gaps=("license: It is not there.",),
        until=LATER,
    ),
    EvaluationRecorded(
        at=AT,
        system="chat",
        version="2.4.0",
        measurement=MEASUREMENT,
        metric="pass@5",
        value=0.91,
        unit="1",
        direction=Direction.HIGHER,
        n=400,
        segment={"language": "de"},
    ),
    EvaluationRetracted(at=AT, measurement=MEASUREMENT),
    ProductionDeployed(
        at=AT,
        system="chat",
        environment="production",
        release=RELEASE_ID,
        version="2.4.0",
        mode=DeployMode.CANARY,
        good=True,
        traffic=5.0,
    ),
    ProductionDecided(
        at=AT,
        system="chat",
        environment="production",
        release=RELEASE_ID,
        version="2.4.0",
        good=True,
    ),
    ProductionEnded(
        at=AT,
        system="chat",
        environment="production",
        release=RELEASE_ID,
        version="2.4.0",
        bad=True,
    ),
    ReleaseProposed(
        at=AT,
        system="chat",
        version="2.4.0",
        environment="production",
        change_class="emergency",
        authors=(EMIL,),
        artefacts=(PINNED, HOSTED),
        replaces="2.3.9",
        incident=str(INCIDENT),
        summary=BESIDE,
    ),
    ReleaseAmended(
        at=AT,
        reason="The prompt was shortened.",
        change_class="standard",
        authors=(EMIL,),
        artefacts=(PINNED,),
        summary="A shorter prompt.",
    ),
    ReleaseEvidenceAttached(
        at=AT, requirement="model_card", evidence=EVIDENCE_ID, digest="ab" * 32
    ),
    ReleaseEvidenceDetached(
        at=AT, requirement="model_card", evidence=EVIDENCE_ID, reason="It is another model's."
    ),
    RequirementWaived(
        at=AT,
        requirement="fairness",
        reason=BESIDE,
        control="Every answer is read by an agent.",
        until=LATER,
        person=PIA,
        role="risk_manager",
    ),
    RequirementExcluded(
        at=AT,
        requirement="robustness",
        reason="It has no input from outside.",
        person=PIA,
        role="governance_lead",
    ),
    ReleaseSignedOff(
        at=AT,
        role="product_owner",
        person=PIA,
        persons=(PIA,),
        subject_digest=SUBJECT,
        verdicts={"model_card": Verdict.PASS, "fairness": Verdict.WAIVED},
        statement=BESIDE,
    ),
    ReleaseSignOffWithdrawn(at=AT, role="product_owner", person=PIA, reason="I was wrong."),
    ReleaseDecided(
        at=AT,
        decision=Decision.GO,
        person=PIA,
        subject_digest=SUBJECT,
        requirements=(JUDGED,),
        artefacts=(PINNED, HOSTED),
        change_class="major",
        role="product_owner",
        reason="All is met.",
        conditions=(BESIDE,),
        improvements=("0a1b2c3d-0000-5000-8000-000000000024",),
        owner=EMIL,
        due=LATER,
    ),
    ReleaseDeployed(
        at=AT,
        system="chat",
        version="2.4.0",
        environment="production",
        mode=DeployMode.CANARY,
        approved=False,
        gated=True,
        why="Nobody had decided.",
        traffic=5.0,
        digest="ab" * 32,
        decide_by=LATER,
    ),
    ReleaseUndeployed(at=AT, replaced_by="2.5.0", reason="It was replaced."),
    ReleaseRolledBack(at=AT, to="2.3.9", incident=str(INCIDENT), reason="It insulted customers."),
    ReleaseNonconforming(
        at=AT,
        requirement="impact_approved",
        verdict=Verdict.UNDECIDED,
        reason="The dpia is expired.",
    ),
    ReleaseConforming(at=AT, requirement="impact_approved"),
    ReleaseUndecidedLate(at=AT),
    ReleaseRetired(at=AT, reason="Replaced long ago."),
)
