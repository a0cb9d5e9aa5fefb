"""One event of each type of improvements, as a person would write it down."""

from ledger.domain.envelope import Event
from ledger.domain.improvement import (
    CauseKind,
    ImprovementAccepted,
    ImprovementCause,
    ImprovementKind,
    ImprovementProposed,
    ImprovementRejected,
)
from tests.golden.incident_events import AT, BESIDE, DUE

IMPROVEMENT_EVENTS: tuple[Event, ...] = (
    ImprovementProposed(
        at=AT,
        title="Data drift of chat: PSI 0.31, more than 0.2",
        system="chat",
        improvement_kind=ImprovementKind.DRIFT,
        cause=ImprovementCause(kind=CauseKind.TRIGGER, ref="data_drift", leaf=41),
        action="Retrain model",
    ),
    ImprovementAccepted(
        at=AT, owner="person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d", due=DUE, success=BESIDE
    ),
    ImprovementRejected(at=AT, reason="The drift is that of a holiday."),
)
