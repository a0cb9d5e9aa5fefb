"""Golden bytes for ever: what was stored once decodes to the same event, and encodes the same."""

from pathlib import Path

import pytest

from ledger.domain.catalogue import CODEC, EVENTS
from ledger.domain.envelope import Acting, Event
from tests.golden.control_events import CONTROL_EVENTS
from tests.golden.envelope import LEAF, recorded
from tests.golden.evidence_events import EVIDENCE_EVENTS
from tests.golden.improvement_events import IMPROVEMENT_EVENTS, IMPROVEMENTS_LATER
from tests.golden.incident_events import INCIDENT_EVENTS
from tests.golden.judged_events import JUDGED_EVENTS
from tests.golden.later_fields import LATER_FIELDS
from tests.golden.metric_events import METRIC_EVENTS
from tests.golden.other_events import OTHER_EVENTS
from tests.golden.reader_events import READER_EVENTS
from tests.golden.release_events import RELEASE_EVENTS
from tests.golden.risk_events import RISK_EVENTS
from tests.golden.system_events import SYSTEM_EVENTS

HERE = Path(__file__).parent
WRITTEN_OUT = (
    INCIDENT_EVENTS,
    OTHER_EVENTS,
    SYSTEM_EVENTS,
    EVIDENCE_EVENTS,
    METRIC_EVENTS,
    JUDGED_EVENTS,
    IMPROVEMENT_EVENTS,
    READER_EVENTS,
    RELEASE_EVENTS,
    CONTROL_EVENTS,
    RISK_EVENTS,
)
NAMED = {event.name: event for events in WRITTEN_OUT for event in events}


def golden(name: str) -> bytes:
    """The stored bytes of an event type."""
    return (HERE / f"{name}.json").read_bytes()


FILES = NAMED | LATER_FIELDS | IMPROVEMENTS_LATER


@pytest.mark.parametrize(("name", "event"), FILES.items(), ids=FILES)
def test_golden_bytes_decode_to_the_event_they_were(name: str, event: Event) -> None:
    assert recorded(event) == CODEC.decode(golden(name), LEAF)


@pytest.mark.parametrize(("name", "event"), FILES.items(), ids=FILES)
def test_the_event_encodes_to_the_golden_bytes(name: str, event: Event) -> None:
    assert golden(name) == CODEC.encode(recorded(event))


@pytest.mark.parametrize(
    ("name", "acting"),
    [
        ("acting", Acting(role="risk_manager", holder="person/5f0c8f7e")),
        ("refusal", Acting(refusal="severe-incidents")),
    ],
)
def test_as_what_somebody_acted_is_part_of_the_envelope(name: str, acting: Acting) -> None:
    stored = golden(f"incident.closed.v1+{name}")
    of = recorded(NAMED["incident.closed.v1"], acting=acting)
    assert of == CODEC.decode(stored, LEAF)
    assert stored == CODEC.encode(of)


def test_every_event_type_has_golden_bytes_and_its_event_written_out() -> None:
    names = {event.name for event in EVENTS}
    assert names == set(NAMED)
    assert set() == names - {path.stem for path in HERE.glob("*.json")}


def test_every_golden_file_still_decodes() -> None:
    for path in HERE.glob("*.json"):
        assert LEAF == CODEC.decode(path.read_bytes(), LEAF).leaf, path.name
