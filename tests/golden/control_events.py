"""One event of each type of standards and controls, as a person would write it down."""

from ledger.domain.control import (
    ControlAssessed,
    ControlAssessmentExpired,
    ControlReassessmentDue,
    ControlReassessmentOverdue,
    ControlRetired,
    Effect,
)
from ledger.domain.envelope import Event
from ledger.domain.standard import (
    StandardAmended,
    StandardChanged,
    StandardKind,
    StandardRegistered,
    StandardReviewed,
    StandardReviewOverdue,
    StandardWithdrawn,
)
from tests.golden.incident_events import AT, BESIDE, DUE

CONTROL_EVENTS: tuple[Event, ...] = (
    StandardRegistered(
        at=AT,
        standard="eu_ai_act",
        title="EU AI Act",
        standard_kind=StandardKind.LAW,
        reference="Regulation (EU) 2024/1689",
        version="2024",
        in_force_from=AT,
        url="https://law.example/2024/1689",
        review_due=DUE,
        systems=("support-assistant",),
    ),
    StandardAmended(at=AT, reason=BESIDE, title="AI Act", systems=(), review_due=DUE),
    StandardChanged(at=AT, version="2026", summary=BESIDE, reassess_by=DUE, in_force_from=DUE),
    StandardReviewed(
        at=AT,
        person="person/5f0c8f7e-2d53-5b8c-9c51-1f6b7a0c2e11",
        notes=BESIDE,
        review_due=DUE,
    ),
    StandardReviewOverdue(at=DUE, due=DUE),
    StandardWithdrawn(at=AT, reason="Another law is in its place."),
    ControlAssessed(
        at=AT,
        control="oversight",
        system="support-assistant",
        person="person/5f0c8f7e-2d53-5b8c-9c51-1f6b7a0c2e11",
        design=Effect.EFFECTIVE,
        operating=Effect.PARTLY,
        evidence=("7b2f6c1e-9a38-5d1b-8c0f-6f0d6b0e4c0f",),
        until=DUE,
        notes=BESIDE,
    ),
    ControlReassessmentDue(
        at=AT,
        control="oversight",
        system="support-assistant",
        standard="eu_ai_act",
        by=DUE,
        leaf=41,
        next_by=AT,
    ),
    ControlReassessmentOverdue(at=DUE, by=DUE),
    ControlAssessmentExpired(at=DUE, until=DUE),
    ControlRetired(at=DUE),
)
