"""Every format parses any body: into signals that fit, or reasons that people understand."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.intake.formats.registry import FORMATS
from consumers.intake.routing_key import key_in, masked
from ledger.vocabulary import SourceKind
from tests.unit.intake.bodies import event, grafana, grafana_alert, incoming, payload

SIGNAL_BYTES = 52_000
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
TEXT = st.text() | JSON
TIMES = st.datetimes().map(lambda at: at.isoformat() + "Z") | JSON
WORDS = st.sampled_from(["firing", "resolved", "trigger", "acknowledge", "resolve", "1", "4", ""])


def some(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some members of these names."""
    return st.dictionaries(st.sampled_from(names), values, max_size=4)


ALERTS = some(
    ["status", "labels", "annotations", "fingerprint", "values", "dashboardURL"], TEXT | WORDS
)
WEBHOOKS = st.builds(
    lambda alert, times, members: grafana(grafana_alert(**alert, **times), **members),
    ALERTS,
    some(["startsAt", "endsAt"], TIMES),
    some(["orgId", "version", "alerts", "groupKey", "truncatedAlerts"], JSON | WORDS),
)
EVENTS = st.builds(
    lambda said, times, members: event() | {"payload": payload(**said, **times)} | members,
    some(["summary", "source", "severity", "component", "class", "custom_details"], TEXT),
    some(["timestamp"], TIMES),
    some(["event_action", "dedup_key", "payload", "links", "client", "client_url"], JSON | WORDS),
)
BODIES = st.binary() | (JSON | WEBHOOKS | EVENTS).map(lambda body: json.dumps(body).encode())


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=150, deadline=None)
@given(body=BODIES)
def test_any_body_comes_to_signals_or_to_reasons(kind: SourceKind, body: bytes) -> None:
    parsed = FORMATS[kind].parse(incoming(body))
    for signal in parsed.signals:
        assert signal.dedup_key
        assert signal.title.strip()
        assert len(msgspec.json.encode(signal)) <= SIGNAL_BYTES
    for part in parsed.refused:
        assert part.reason.endswith(".")
        assert 10 < len(part.reason) < 400


@settings(max_examples=150, deadline=None)
@given(BODIES, st.from_regex(r"[A-Za-z0-9]{32}", fullmatch=True))
def test_a_key_is_looked_for_and_masked_in_any_body(body: bytes, key: str) -> None:
    key_in(body)
    assert key.encode() not in masked(body + key.encode(), key)
