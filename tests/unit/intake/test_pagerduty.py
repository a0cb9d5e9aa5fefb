"""PagerDuty's Events API v2: what becomes of an event, and of what is none."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from consumers.intake.formats.pagerduty import dedup_key_of, parse
from ledger.domain.alert import Sender, Signal, SignalStatus
from tests.unit.intake.bodies import Json, event, incoming, payload


def only(body: Json) -> Signal:
    """The signal of a body that is parsed."""
    parsed = parse(incoming(body))
    assert () == parsed.refused
    [signal] = parsed.signals
    return signal


def labels(**members: object) -> dict[str, str]:
    """The labels of a trigger with that in its payload."""
    return only(event(payload=payload(**members))).labels


def test_a_trigger_fires_under_its_dedup_key() -> None:
    signal = only(event(payload=payload(timestamp="2026-11-22T09:21:11.315+0000")))
    assert ("g", "disk/7", "firing", "Disk is full") == (
        signal.source,
        signal.dedup_key,
        signal.status,
        signal.title,
    )
    assert datetime(2026, 11, 22, 9, 21, 11, 315000, UTC) == signal.starts_at


@pytest.mark.parametrize(
    ("action", "status"),
    [("acknowledge", SignalStatus.ACKNOWLEDGED), ("resolve", SignalStatus.RESOLVED)],
)
def test_another_action_needs_no_payload_and_ends_when_it_arrives(
    action: str, status: SignalStatus
) -> None:
    signal = only(event(action))
    assert (status, "Alert disk/7", {}) == (signal.status, signal.title, signal.labels)
    described = only(event(action, payload=payload(timestamp="2026-11-22T09:21:11Z")))
    assert (status, "Disk is full", None, None) == (
        described.status,
        described.title,
        described.starts_at,
        described.ends_at,
    )


@pytest.mark.parametrize("wrong", [None, 7, {}, {"summary": "", "severity": "fatal"}])
def test_a_resolve_is_understood_whatever_its_payload(wrong: object) -> None:
    assert SignalStatus.RESOLVED is only(event("resolve", payload=wrong)).status


def test_all_events_of_a_source_have_one_sender() -> None:
    one, other = only(event()), only(event(client="cron", client_url="https://cron.example"))
    assert Sender() == one.sender == other.sender


@pytest.mark.parametrize("absent", [None, ""])
def test_a_trigger_without_a_key_gets_one_of_its_body_alone(absent: str | None) -> None:
    body = event(key=absent)
    made = only(body).dedup_key
    assert hashlib.sha256(json.dumps(body).encode()).hexdigest()[:32] == made
    assert made == only(body).dedup_key == dedup_key_of(json.dumps(body).encode())
    assert made != only(event(key=absent, payload=payload(summary="Disk is full again"))).dedup_key


def test_a_key_is_made_for_what_is_not_understood_as_well() -> None:
    for body in (b"", b"{", b'{"dedup_key": 7}', b'{"dedup_key": "\\ud800"}', b"[" * 100_000):
        assert 32 == len(dedup_key_of(body))
    assert "own" == dedup_key_of(b'{"dedup_key": "own", "payload": 7}')


def test_the_payload_s_texts_are_labels() -> None:
    given = {"component": "postgres", "group": "checkout", "class": "disk"}
    assert {
        "severity": "critical",
        "source": "prod05.example.com",
        "component": "postgres",
        "group": "checkout",
        "class": "disk",
        "system": "postgres",
        "alertname": "disk",
    } == labels(**given)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({"custom_details": {"system": "chat"}, "component": "db"}, "chat", id="named"),
        pytest.param({"component": "db"}, "db", id="the component"),
        pytest.param({"component": " "}, "prod05.example.com", id="blank: the source"),
        pytest.param({"custom_details": {"system": 7}}, "prod05.example.com", id="no text"),
        pytest.param({"custom_details": "chat"}, "prod05.example.com", id="details of one text"),
        pytest.param({"custom_details": {"service": "chat"}}, None, id="a service: the policy's"),
        pytest.param({"custom_details": {"job": "chat"}}, None, id="a job: the policy's"),
    ],
)
def test_the_system_is_the_one_named_else_the_component_else_the_source(
    members: Json, expected: str | None
) -> None:
    assert expected == labels(**members).get("system")


def test_the_details_name_the_alert_before_its_class_does() -> None:
    details = {"alertname": "DiskFull", "service": "chat", "severity": "info", "pod": "a"}
    found = labels(**{"class": "disk", "custom_details": details})
    assert ("DiskFull", "chat", "critical") == (
        found["alertname"],
        found["service"],
        found["severity"],
    )
    assert "pod" not in found


def test_the_rest_becomes_annotations() -> None:
    signal = only(
        event(
            payload=payload(custom_details={"ping": "1500ms", "load": 0.75}),
            client="Nightly checks",
            client_url="https://checks.example",
            links=[{"href": "https://run.example", "text": "Runbook"}],
            images=[],
        )
    )
    assert {
        "summary": "Disk is full",
        "custom_details": '{"ping":"1500ms","load":0.75}',
        "client": "Nightly checks",
        "client_url": "https://checks.example",
        "links": '[{"href":"https://run.example","text":"Runbook"}]',
    } == signal.annotations
    assert "https://checks.example" == signal.generator_url


def test_long_texts_are_cut_and_long_labels_refused() -> None:
    signal = only(event(payload=payload(summary="s" * 2_000, custom_details={"log": "x" * 90_000})))
    assert ("s" * 500, "s" * 2_000) == (signal.title, signal.annotations["summary"])
    assert ("annotations.custom_details",) == signal.shortened
    assert "its labels take" in reason(event(payload=payload(source="y" * 30_000)))


def reason(body: Json | bytes) -> str:
    """Why a body was refused as a whole."""
    parsed = parse(incoming(body))
    assert () == parsed.signals
    [part] = parsed.refused
    assert part.index is None
    return part.reason


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"event_action": "close"}, "Invalid enum value 'close' - at `$.event_action`"),
        ({"event_action": None}, "`$.event_action`"),
        ({"dedup_key": "k" * 256}, "length <= 255"),
        ({"dedup_key": 7}, "`$.dedup_key`"),
        ({"payload": None}, "The event's payload is not understood: Expected `object`"),
        ({"payload": {}}, "missing required field `summary`"),
        ({"payload": payload(summary=" ")}, "`$.summary`"),
        ({"payload": payload(source="")}, "`$.source`"),
        ({"payload": payload(severity="fatal")}, "Invalid enum value 'fatal' - at `$.severity`"),
        ({"payload": payload(component=7)}, "`$.component`"),
    ],
)
def test_a_bad_event_is_refused_with_what_is_wrong(changes: Json, said: str) -> None:
    assert said in reason(event() | changes)


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
@pytest.mark.parametrize("key", [None, ""])
def test_another_action_needs_the_key_of_its_alert(action: str, key: str | None) -> None:
    assert f"It has no dedup_key, and {action} needs one." == reason(event(action, key))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b'{"payload":' * 50_000, "nested too deeply"),
        (b'{"dedup_key": "a", "dedup_key": "b"}', "'dedup_key' twice"),
        (b"[]", "no event of PagerDuty's Events API v2"),
        (b'{"event_type": "trigger", "service_key": "k"}', "missing required field `event_action`"),
    ],
)
def test_a_body_that_is_no_event_is_refused(body: bytes, said: str) -> None:
    assert said in reason(body)
