"""One event of each type of objectives and triggers, as a person would write it down."""

from ledger.domain.envelope import Event
from ledger.domain.objective import ObjectiveBreached, ObjectiveRecovered
from ledger.domain.trigger import TriggerCleared, TriggerFired
from tests.golden.incident_events import AT, ENDED_AT

MEASUREMENT = "019d5c3e-7a00-5000-8000-0000000000ab"
JUDGED_EVENTS: tuple[Event, ...] = (
    ObjectiveBreached(
        at=AT,
        objective="latency",
        system="support-assistant",
        metric="p95",
        segment={"route": "chat"},
        comparison="<",
        target=2.0,
        unit="s",
        rule="in_a_row",
        value=2.5,
        limit=2.0,
        since=ENDED_AT,
        measurements=(MEASUREMENT,),
        leaf=40,
    ),
    ObjectiveRecovered(at=AT, basis="met", leaf=42, value=1.5),
    TriggerFired(
        at=AT,
        trigger="quality_drop",
        system="support-assistant",
        metric="pass@5",
        segment={},
        value=12.5,
        threshold=10.0,
        unit="%",
        action="Review dataset and features",
        improvement="019d5c3e-7a00-5000-8000-0000000000ac",
        leaf=40,
        quarter="2026-Q1",
        baseline=0.88,
        mean=0.77,
    ),
    TriggerCleared(at=AT, basis="retracted", leaf=44),
)
