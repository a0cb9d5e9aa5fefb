"""Stored bytes for arbitrary events: read back as they were, in fixed order, valid CloudEvents."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.catalogue import CODEC, EVENTS
from ledger.domain.envelope import Event, Recorded
from tests.property.values import of_type, recordings

ORDER = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "recordedtime",
    "sequence",
    "actor",
    "correlationid",
    "causationid",
    "policydigest",
    "bodydigest",
    "datacontenttype",
    "data",
]
RECORDED = st.sampled_from(EVENTS).flatmap(of_type).flatmap(recordings)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_an_event_of_any_type_comes_back_as_it_was(kind: type[Event], data: st.DataObject) -> None:
    recorded = data.draw(of_type(kind).flatmap(recordings))
    stored = CODEC.encode(recorded)
    read = CODEC.decode(stored, recorded.leaf)
    assert recorded == read
    assert type(recorded.event) is type(read.event)
    assert stored == CODEC.encode(read)


def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members come once."""
    assert len(members) == len(dict(members))
    return dict(members)


@settings(max_examples=100, deadline=None)
@given(RECORDED)
def test_keys_come_once_in_the_fixed_order_and_data_as_its_type_declares_but_for_what_is_unset(
    recorded: Recorded,
) -> None:
    envelope = json.loads(CODEC.encode(recorded).decode(), object_pairs_hook=pairs)
    assert [key for key in ORDER if key in envelope] == list(envelope)
    assert set(ORDER) - {"causationid", "policydigest", "bodydigest"} <= set(envelope)
    stated = [
        key
        for field, key in zip(
            recorded.event.__struct_fields__, recorded.event.__struct_encode_fields__, strict=True
        )
        if getattr(recorded.event, field) is not msgspec.UNSET
    ]
    assert stated == list(envelope["data"])
    assert "at" == next(iter(envelope["data"]))


RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
CONTEXT = {"specversion", "id", "source", "type", "subject", "time", "datacontenttype"}


@settings(max_examples=100, deadline=None)
@given(RECORDED)
def test_stored_bytes_are_a_cloudevents_1_0_json_object(recorded: Recorded) -> None:
    """CloudEvents 1.0.2, section 3.1; its JSON event format 1.0.2, sections 2 and 3."""
    envelope = json.loads(CODEC.encode(recorded).decode("utf-8"))
    attributes = {name: value for name, value in envelope.items() if name != "data"}
    assert {"1.0"} == {attributes["specversion"]}
    for name, value in attributes.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name)
        assert isinstance(value, str)
        assert value
    assert "application/json" == attributes["datacontenttype"]
    assert isinstance(envelope["data"], dict)
    assert urlsplit(attributes["source"]).path
    for name in ("time", "recordedtime"):
        assert RFC3339.fullmatch(attributes[name])
        assert timedelta(0) == datetime.fromisoformat(attributes[name]).utcoffset()
    assert {"actor", "recordedtime", "sequence"} <= set(attributes) - CONTEXT


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(EVENTS).flatmap(of_type), st.lists(st.integers(1, 10**10 - 1), min_size=2))
def test_sequences_sort_as_text_as_they_do_as_numbers(event: Event, versions: list[int]) -> None:
    def sequence(version: int) -> str:
        recorded = Recorded(
            event=event,
            stream="incident/00000000-0000-5000-8000-000000000000",
            version=version,
            leaf=0,
            id="i",
            recorded_at=event.at,
            actor="a",
            source="s",
            correlation="c",
        )
        text: str = json.loads(CODEC.encode(recorded))["sequence"]
        return text

    assert [sequence(version) for version in sorted(versions)] == sorted(map(sequence, versions))
