"""One event of each type of measurements, as a person would write it down."""

from ledger.domain.envelope import Event
from ledger.domain.metric import Measured, Retracted
from ledger.vocabulary import Direction, Purpose
from tests.golden.incident_events import AT, BESIDE, ENDED_AT

METRIC_EVENTS: tuple[Event, ...] = (
    Measured(
        at=AT,
        system="support-assistant",
        metric="pass@5",
        value=84.5,
        purpose=Purpose.EVALUATION,
        unit="%",
        standard_value=0.845,
        standard_unit="1",
        direction=Direction.HIGHER,
        n=200,
        since=ENDED_AT,
        segment={"language": "de", "route": "chat"},
        metric_as_found="pass_at_5",
        own_id="run-7",
        release="2.1.0",
        model="large-4",
        dataset="questions",
        dataset_digest="sha256:00ff",
        judge="judge-2",
        tool="promptfoo",
        tool_version="0.121.0",
        evidence="00" * 32,
        mapping="11" * 32,
        path="results.prompts[0].metrics.testPassCount",
        origins={"n": "file", "unit": "mapping"},
    ),
    Retracted(at=AT, reason=BESIDE),
)
