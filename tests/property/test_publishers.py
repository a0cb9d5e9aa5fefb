"""Whatever arrives: a format's parser returns signals or reasons, and never raises."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.intake.format import Parse
from consumers.intake.formats import cloudevents, native
from consumers.intake.parsed import Incoming
from consumers.intake.parsing.cloudevent_commands import COMMANDS
from tests.unit.intake.parsing import BATCH, BINARY, STRUCTURED, incoming

TEXTS = st.text(max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from(["firing", "resolved", "2026-11-23T11:00:00Z", "0001-01-01T00:00:00+14:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *("id", "source", "type", "specversion", "subject", "time", "data", "data_base64"),
        *("datacontenttype", "status", "dedup_key", "title", "summary", "severity", "system"),
        *("service", "labels", "annotations", "starts_at", "ends_at", "url"),
    ]
)
MEMBERS = st.dictionaries(NAMES | TEXTS, JSON, max_size=6)
EVENTS = st.builds(
    lambda base, members, data, kind: {**base, "type": kind, "data": data, **members},
    st.sampled_from([{}, {"specversion": "1.0", "id": "1", "source": "/s", "subject": "k"}]),
    MEMBERS,
    MEMBERS | JSON,
    st.sampled_from(["t", *COMMANDS]),
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(json.dumps).map(str.encode)
    | (EVENTS | MEMBERS | st.lists(EVENTS | MEMBERS | JSON, max_size=4))
    .map(json.dumps)
    .map(str.encode)
)
HEADERS = st.builds(
    lambda base, more: {**base, **more},
    st.sampled_from([{}, STRUCTURED, BATCH, BINARY, BINARY | {"content-type": "text/json"}]),
    st.dictionaries(
        st.sampled_from(["content-type", *BINARY, "ce-time", "ce-subject", "ce-severity"])
        | TEXTS.map("ce-".__add__),
        TEXTS | st.binary(max_size=20).map(lambda value: value.decode("latin-1")),
        max_size=4,
    ),
)


def check(adapter: Parse, arrived: Incoming) -> None:
    found = adapter(arrived)
    parts: list[Any] = [part for part in found.parts() if not isinstance(part, tuple)]
    assert list(found.commands) == parts
    assert found.signals == tuple(
        signal for part in found.parts() if isinstance(part, tuple) for signal in part
    )
    for refused in found.refused:
        assert 10 < len(refused.reason) < 1_500
        assert refused.reason.endswith(".")
        refused.reason.encode()
    assert found == adapter(arrived)


@settings(max_examples=400, deadline=None)
@given(BODIES, HEADERS)
def test_any_cloudevent_is_understood_or_refused(body: bytes, headers: dict[str, str]) -> None:
    check(cloudevents.parse, incoming(body, headers))


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_any_native_signal_is_understood_or_refused(body: bytes) -> None:
    check(native.parse, incoming(body))
