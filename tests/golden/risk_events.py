"""One event of each type of risks, as a person would write it down."""

from ledger.domain.envelope import Event
from ledger.domain.risk import RiskLevel, RiskLink, Treatment
from ledger.domain.risk import events as e
from tests.golden.incident_events import AT, BESIDE, DUE

PERSON = "person/5f0c8f7e-2d53-5b8c-9c51-1f6b7a0c2e11"
HOLDER = "person/5f0c8f7e-2d53-5b8c-9c51-1f6b7a0c2e12"
INCIDENT = "7b2f6c1e-9a38-5d1b-8c0f-6f0d6b0e4c0f"
IMPROVEMENT = "7b2f6c1e-9a38-5d1b-8c0f-6f0d6b0e4c10"

RISK_EVENTS: tuple[Event, ...] = (
    e.RiskIdentified(
        at=AT,
        title="Answers cite what there is not",
        category="reliability",
        owner=PERSON,
        review_due=DUE,
        system="support-assistant",
        causes=BESIDE,
        consequences="People rely on it.",
    ),
    e.RiskAmended(
        at=AT,
        reason=BESIDE,
        title="Answers cite sources that there are not",
        category="transparency",
        owner=HOLDER,
        causes="No retrieval.",
        consequences=BESIDE,
    ),
    e.RiskAssessed(
        at=AT,
        level=RiskLevel.CURRENT,
        likelihood="likely",
        impact="major",
        rationale=BESIDE,
        matrix="26fe751b93f91cf5e57d5f2ebfb0e6fa8e93c152ea3e0fb1a0515d06d943222a",
        score=16,
        band="high",
        tolerated=False,
        person=PERSON,
        review_due=DUE,
    ),
    e.RiskTreatmentChosen(
        at=AT,
        treatment=Treatment.MITIGATE,
        plan=BESIDE,
        person=PERSON,
        persons=(PERSON, HOLDER),
        due=DUE,
    ),
    e.RiskTreatmentCompleted(at=AT, what=BESIDE),
    e.RiskTreatmentOverdue(at=DUE, due=DUE),
    e.RiskAcceptanceRequested(
        at=AT, person=PERSON, reason=BESIDE, persons=(PERSON, HOLDER), until=DUE
    ),
    e.RiskAccepted(
        at=AT,
        person=PERSON,
        role="governance_lead",
        until=DUE,
        reason=BESIDE,
        band="high",
        assessed_at_version=3,
    ),
    e.RiskAcceptanceWithdrawn(at=AT, reason=BESIDE),
    e.RiskAcceptanceExpired(at=DUE, until=DUE),
    e.RiskIncidentLinked(at=AT, incident=INCIDENT),
    e.RiskControlLinked(at=AT, control="oversight", system="support-assistant"),
    e.RiskImprovementLinked(at=AT, improvement=IMPROVEMENT),
    e.RiskSystemLinked(at=AT, system="search"),
    e.RiskUnlinked(
        at=AT, kind=RiskLink.CONTROL, id="oversight", reason=BESIDE, system="support-assistant"
    ),
    e.RiskReviewed(at=AT, person=PERSON, next_due=DUE, notes=BESIDE),
    e.RiskReviewOverdue(at=DUE, due=DUE),
    e.RiskClosed(at=AT, reason=BESIDE),
    e.RiskReopened(at=AT, reason=BESIDE, review_due=DUE),
)
