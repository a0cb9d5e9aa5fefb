"""CloudEvents become signals: what of an event has which place, in each of its three forms."""

import base64
import json
from datetime import UTC, datetime

import pytest

from consumers.intake.formats import cloudevents
from ledger.domain.alert import Signal, SignalStatus
from tests.unit.intake.parsing import (
    BATCH,
    BINARY,
    STRUCTURED,
    binary,
    event,
    events,
    incoming,
    one,
)

DATA = {
    "title": "Deployment failed",
    "severity": "critical",
    "system": "chat",
    "dedup_key": "deploy-chat",
    "step": 4,
}


def signal(**members: object) -> Signal:
    [found] = one(**members).signals
    return found


def test_an_event_has_its_attributes_as_labels_and_its_data_in_the_native_shape() -> None:
    found = signal(
        subject="release/7", time="2026-11-23T12:30:00+01:00", traceparent="00-1-2-3", data=DATA
    )
    assert ("deploy-chat", "/pipelines/chat a-1") == (found.dedup_key, found.own_id)
    assert ("Deployment failed", SignalStatus.FIRING) == (found.title, found.status)
    assert {
        "type": "example.deploy.failed",
        "alertname": "example.deploy.failed",
        "source": "/pipelines/chat",
        "subject": "release/7",
        "severity": "critical",
        "system": "chat",
    } == found.labels
    assert {"id": "a-1", "traceparent": "00-1-2-3", "data": '{"step":4}'} == found.annotations
    assert datetime(2026, 11, 23, 11, 30, tzinfo=UTC) == found.starts_at
    assert () == found.shortened


def test_structured_batched_and_binary_are_the_same_signal() -> None:
    whole = event(subject="café 100%", time="2026-11-23T11:00:00Z", severity="page", data=DATA)
    structured = cloudevents.parse(incoming(json.dumps(whole).encode(), STRUCTURED))
    unnamed = cloudevents.parse(incoming(json.dumps(whole).encode()))
    as_headers = binary(
        json.dumps(DATA).encode(),
        ce_subject="caf%C3%A9%20100%25",
        ce_time="2026-11-23T11:00:00Z",
        ce_severity='"page"',
        content_type="application/json",
    )
    assert structured == events(whole) == unnamed == as_headers
    assert "café 100%" == structured.signals[0].labels["subject"]
    assert "page" == structured.signals[0].labels["severity"]


def test_without_a_key_an_event_is_an_alert_of_its_own() -> None:
    assert "/pipelines/chat a-1" == signal().dedup_key
    assert "/pipelines/chat a-2" == signal(id="a-2").dedup_key


@pytest.mark.parametrize(
    ("members", "title"),
    [
        ({"data": {"message": "Third", "name": "Fourth"}}, "Third"),
        ({"data": {"title": " ", "summary": "Second", "message": "Third"}}, "Second"),
        ({"data": {"title": 7}, "subject": "run/1"}, "example.deploy.failed: run/1"),
        ({"data": [1]}, "example.deploy.failed"),
    ],
)
def test_the_title_is_the_first_text_that_may_be_one(
    members: dict[str, object], title: str
) -> None:
    assert title == signal(**members).title


def test_attributes_come_before_data_and_data_before_its_labels() -> None:
    labels = {"severity": "c", "system": "c", "service": "c", "type": "c", "alertname": "c"}
    found = signal(severity="a", data={"severity": "b", "system": "b", "labels": labels}).labels
    assert {
        "severity": "a",
        "system": "b",
        "service": "c",
        "type": "example.deploy.failed",
        "alertname": "c",
        "source": "/pipelines/chat",
    } == found
    assert "d" == signal(service="d", data={"service": "e"}).labels["service"]


def test_a_resolving_event_tells_the_end() -> None:
    resolved = {"dedup_key": "k", "status": "resolved"}
    found = signal(time="2026-11-23T11:00:00Z", data=resolved)
    assert (SignalStatus.RESOLVED, None) == (found.status, found.starts_at)
    assert datetime(2026, 11, 23, 11, tzinfo=UTC) == found.ends_at
    given = signal(time="2026-11-23T11:00:00Z", data=resolved | {"ends_at": "2026-11-23T10:00:00Z"})
    assert datetime(2026, 11, 23, 10, tzinfo=UTC) == given.ends_at


def test_data_of_another_shape_is_kept_as_it_is() -> None:
    data = {"status": "RUNNING", "severity": 3, "labels": ["a"], "starts_at": "noon", "url": "x"}
    found = signal(data=data)
    assert (SignalStatus.FIRING, None, "") == (found.status, found.starts_at, found.generator_url)
    assert data == json.loads(found.annotations["data"])
    assert {"type", "alertname", "source"} == found.labels.keys()
    assert "[1.10]" == binary(b"[1.10]").signals[0].annotations["data"]


def test_data_that_is_no_json_is_left_out_and_named() -> None:
    text = base64.b64encode(b"\x00\x01").decode()
    png = {"data_base64": text, "datacontenttype": "image/png"}
    for found in (
        signal(**png),
        binary(b"\x00\x01", content_type="image/png").signals[0],
        binary(b"not json").signals[0],
        signal(datacontenttype="text/plain", data="some text"),
    ):
        assert ("data",) == found.shortened
        assert {"id"} == found.annotations.keys()


def test_json_in_base64_is_json() -> None:
    text = base64.b64encode(json.dumps(DATA).encode()).decode()
    assert signal(data=DATA) == signal(data_base64=text, datacontenttype="application/json")


def test_a_null_and_an_empty_attribute_are_as_if_they_were_not_there() -> None:
    body = json.dumps(event() | {"subject": None, "time": "", "data": None}).encode()
    assert one() == cloudevents.parse(incoming(body, STRUCTURED))


def test_extensions_may_be_numbers_and_truth_values() -> None:
    assert {"id": "a-1", "sequence": "7", "sampled": "true"} == (
        signal(sequence=7, sampled=True).annotations
    )


def test_headers_of_a_structured_event_are_not_the_event() -> None:
    body = json.dumps(event(id="in-body")).encode()
    [found] = cloudevents.parse(incoming(body, STRUCTURED | BINARY)).signals
    assert "/pipelines/chat in-body" == found.own_id


def test_a_bad_member_of_a_batch_is_refused_alone() -> None:
    found = events(event(), event(id=None), "event", event(id="a-4"))
    assert ["/pipelines/chat a-1", "/pipelines/chat a-4"] == [s.own_id for s in found.signals]
    assert [1, 2] == [part.index for part in found.refused]
    assert "events[1] has no id; it needs one that is not empty." == found.refused[0].reason
    assert 4 == found.received


def test_an_empty_batch_holds_nothing() -> None:
    assert 0 == events().received
    assert 0 == cloudevents.parse(incoming(b" []", BATCH)).received


def test_a_retry_takes_the_members_it_is_asked_for() -> None:
    found = events(event(), event(id="a-2"), part_indexes=frozenset({1}))
    assert ["/pipelines/chat a-2"] == [each.own_id for each in found.signals]


def test_the_time_that_go_writes_for_none_is_no_time() -> None:
    none, time = "0001-01-01T00:00:00Z", "2026-11-23T12:30:00Z"
    began = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert began == signal(time=time, data={"starts_at": none}).starts_at
    assert signal(time=none, data=DATA).starts_at is None
    ended = signal(time=time, data={"status": "resolved", "ends_at": none})
    assert began == ended.ends_at
