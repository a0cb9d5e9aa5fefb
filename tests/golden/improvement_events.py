"""One event of each type of improvements, as a person would write it down."""

from datetime import timedelta
from uuid import UUID

from ledger.domain.envelope import Event
from ledger.domain.improvement import (
    ActedUpdate,
    CauseKind,
    CheckResult,
    Comparing,
    CriterionKind,
    ImprovementAccepted,
    ImprovementActed,
    ImprovementCause,
    ImprovementChecked,
    ImprovementClosed,
    ImprovementDone,
    ImprovementDueChanged,
    ImprovementKind,
    ImprovementOverdue,
    ImprovementProposed,
    ImprovementRecurred,
    ImprovementRejected,
    ImprovementReopened,
    RecurrenceWatched,
    SuccessCriterion,
    UpdateKind,
)
from tests.golden.incident_events import AT, BESIDE, DUE

ADA, BOB = (f"person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3{each}" for each in "de")

IMPROVEMENT_EVENTS: tuple[Event, ...] = (
    ImprovementProposed(
        at=AT,
        title="Data drift of chat: PSI 0.31, more than 0.2",
        system="chat",
        improvement_kind=ImprovementKind.DRIFT,
        cause=ImprovementCause(kind=CauseKind.TRIGGER, ref="data_drift", leaf=41),
        action="Retrain model",
    ),
    ImprovementAccepted(at=AT, owner=ADA, due=DUE, success=BESIDE),
    ImprovementRejected(at=AT, reason="The drift is that of a holiday."),
    ImprovementDueChanged(at=AT, from_=AT, to=DUE, reason="The data set comes later."),
    ImprovementOverdue(at=DUE, due=DUE),
    ImprovementDone(
        at=AT,
        what=BESIDE,
        person=ADA,
        persons=(ADA, BOB),
        evidence=("019d5c3e-7a00-5000-8000-0000000000ac",),
        release="019d5c3e-7a00-5000-8000-0000000000ad",
        check_by=DUE,
    ),
    ImprovementChecked(
        at=AT,
        result=CheckResult.EFFECTIVE,
        basis="PSI is 0.04.",
        evidence=("019d5c3e-7a00-5000-8000-0000000000ac",),
        measurement="019d5c3e-7a00-5000-8000-0000000000ae",
        person=BOB,
    ),
    ImprovementActed(
        at=AT,
        updates=(
            ActedUpdate(what=UpdateKind.POLICY, reference="Threshold", digest=f"sha256:{'a' * 64}"),
            ActedUpdate(what=UpdateKind.TRAINING, reference="Onboarding course"),
        ),
        person=ADA,
    ),
    ImprovementReopened(at=AT, reason="The other data set drifts, too.", due=DUE),
    ImprovementRecurred(at=AT, incident=UUID("019d5c3e-7a00-5000-8000-0000000000af")),
    ImprovementClosed(at=AT, reason="The model is not used any more."),
    RecurrenceWatched(
        at=AT, improvement=UUID("019d5c3e-7a00-5000-8000-0000000000ac"), since=AT, until=DUE
    ),
)

IMPROVEMENTS_LATER: dict[str, Event] = {
    "improvement.accepted.v1+criterion": ImprovementAccepted(
        at=AT,
        owner=ADA,
        due=DUE,
        criterion=SuccessCriterion(
            kind=CriterionKind.METRIC,
            metric="p95",
            comparison=Comparing.AT_MOST,
            target=2.0,
            unit="s",
            within=timedelta(days=90),
        ),
    ),
    "improvement.accepted.v1+recurrence": ImprovementAccepted(
        at=AT,
        owner=ADA,
        due=DUE,
        criterion=SuccessCriterion(
            kind=CriterionKind.NO_RECURRENCE,
            group=UUID("019d5c3e-7a00-5000-8000-0000000000b0"),
            within=timedelta(days=90),
        ),
    ),
}
