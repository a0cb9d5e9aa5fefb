"""Grafana's webhook: what becomes of a notification, and of what is none."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.intake.formats.grafana import parse
from ledger.domain.alert import Sender, Signal
from tests.unit.intake.bodies import GO_NO_TIME, GRAFANA_TEST, Json, grafana, incoming
from tests.unit.intake.bodies import grafana_alert as alert


def only(body: Json) -> Signal:
    """The one signal of a body that is parsed."""
    parsed = parse(incoming(body))
    assert () == parsed.refused
    [signal] = parsed.signals
    return signal


def reason(body: Json | bytes) -> str:
    """Why the one thing refused was."""
    parsed = parse(incoming(body))
    assert () == parsed.signals
    [part] = parsed.refused
    return part.reason


def test_an_alert_is_a_signal_under_its_organisation_and_fingerprint() -> None:
    signal = only(grafana(alert(), orgId=7))
    assert ("g", "7:c6eadffa33fcdf37") == (signal.source, signal.dedup_key)
    assert ("firing", "p95 above 2 s") == (signal.status, signal.title)
    assert datetime(2026, 11, 22, 9, 21, 11, 655398, UTC) == signal.starts_at
    assert signal.ends_at is None
    assert "https://grafana.example/alerting/1afz29v7z/edit" == signal.generator_url
    assert (
        Sender(
            external_url="https://grafana.example/",
            receiver="airledger",
            group_key='{}:{alertname="High latency"}',
        )
        == signal.sender
    )


def test_the_group_s_key_names_no_alert() -> None:
    one, other = (only(grafana(alert(), groupKey=key)) for key in ("{}:{a}", "{}/{b}:{c}"))
    assert one.dedup_key == other.dedup_key


def test_what_grafana_knows_of_an_alert_is_kept_as_annotations_and_empty_texts_are_not() -> None:
    assert {
        "summary": "p95 above 2 s",
        "dashboardURL": "https://grafana.example/d/abc",
        "silenceURL": "https://grafana.example/alerting/silence/new?matchers=alertname",
        "valueString": "[ var='B' labels={} value=44.2 ]",
        "values": '{"B":44.2,"C":1}',
    } == only(grafana(alert())).annotations


def test_a_rule_s_own_annotation_of_such_a_name_is_the_one_that_is_kept() -> None:
    said = {"values": "see the board", "panelURL": ""}
    annotations = only(grafana(alert(annotations=said, panelURL="https://g/p"))).annotations
    assert ("see the board", "") == (annotations["values"], annotations["panelURL"])


def test_year_one_means_no_time() -> None:
    signal = only(grafana(alert(status="resolved", startsAt=GO_NO_TIME, endsAt=GO_NO_TIME)))
    assert (None, None) == (signal.starts_at, signal.ends_at)


def test_an_end_is_the_alert_s_own() -> None:
    signal = only(grafana(alert(status="resolved", endsAt="2026-11-22T09:30:00Z")))
    assert ("resolved", datetime(2026, 11, 22, 9, 30, tzinfo=UTC)) == (
        signal.status,
        signal.ends_at,
    )


@pytest.mark.parametrize("name", ["DatasourceError", "DatasourceNoData"])
def test_an_alert_in_a_rule_s_place_names_the_rule(name: str) -> None:
    labels = {"alertname": name, "rulename": "High latency", "datasource_uid": "abc", "ref_id": "A"}
    signal = only(grafana(alert(labels=labels, annotations={"Error": "no connection"})))
    assert f"{name}: High latency" == signal.title
    assert labels == signal.labels
    assert "no connection" == signal.annotations["Error"]


@pytest.mark.parametrize(
    ("members", "title"),
    [
        pytest.param({"annotations": {}}, "High latency", id="the alert's name"),
        pytest.param({"annotations": {"summary": " "}}, "High latency", id="blank summary"),
        pytest.param({"annotations": {}, "labels": {}}, "Alert c6eadffa33fcdf37", id="nothing"),
        pytest.param({"annotations": {"summary": "x" * 501}}, "x" * 500, id="long"),
    ],
)
def test_a_title_is_the_best_text_there_is(members: Json, title: str) -> None:
    assert title == only(grafana(alert(**members))).title


def test_the_test_of_a_contact_point_is_an_alert_like_any_other() -> None:
    signal = only(GRAFANA_TEST)
    assert ("1:57c6d9296de2ad39", "Notification test") == (signal.dedup_key, signal.title)
    assert "values" not in signal.annotations


def test_a_body_of_grafana_9_has_no_values() -> None:
    old = {name: value for name, value in alert().items() if name != "values"}
    assert "values" not in only(grafana(old)).annotations


def test_what_was_left_out_is_told_once_for_the_body() -> None:
    body = incoming(grafana(alert(), truncatedAlerts=12))
    truncation = parse(body).truncation
    assert truncation is not None
    assert (12, body.digest) == (truncation.missing, truncation.id)


def test_a_retry_takes_the_parts_that_were_refused_and_tells_no_truncation_again() -> None:
    body = grafana(alert("a"), alert("b"), alert("c"), truncatedAlerts=12)
    parsed = parse(incoming(body, part_indexes=frozenset({1})))
    assert ["1:b"] == [signal.dedup_key for signal in parsed.signals]
    assert parsed.truncation is None


def test_an_alert_that_is_none_is_refused_alone() -> None:
    parsed = parse(incoming(grafana(alert("a"), alert("", status="paused"), alert("c"))))
    assert ["1:a", "1:c"] == [signal.dedup_key for signal in parsed.signals]
    [part] = parsed.refused
    assert (1, "alerts[1] is no alert: Invalid enum value 'paused' - at `$.status`.") == (
        part.index,
        part.reason,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"startsAt": "yesterday"}, "RFC3339"),
        ({"startsAt": "2026-11-22T09:21:11"}, "timezone"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"fingerprint": "f" * 201}, "fingerprint"),
        ({"labels": {"n": 7}}, "labels"),
        ({"labels": {"trace": "y" * 30_000}}, "is too large: its labels take"),
        ({"dashboardURL": 7}, "dashboardURL"),
    ],
)
def test_a_bad_alert_is_refused_with_its_place_and_what_is_wrong(changes: Json, said: str) -> None:
    assert said in reason(grafana(alert(**changes)))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"version": "1", "version": "1"}', "'version' twice"),
        (b"{}", "no Grafana webhook of version 1"),
        (json.dumps(grafana(version="4")).encode(), "Invalid enum value '4' - at `$.version`"),
        (json.dumps(grafana(orgId="1")).encode(), "`$.orgId`"),
        (json.dumps(grafana(orgId=10**30)).encode(), "`$.orgId`"),
        (b'{"ruleName": "Test notification", "state": "alerting"}', "missing required field"),
    ],
)
def test_a_body_that_is_no_notification_is_refused_as_a_whole(body: bytes, said: str) -> None:
    assert said in reason(body)


@pytest.mark.parametrize("values", [7, "text", [1, {"a": None}], {"B": "n/a"}])
def test_values_of_any_shape_are_kept_as_they_are(values: Any) -> None:
    kept = only(grafana(alert(values=values))).annotations["values"]
    assert values == json.loads(kept)


def test_a_body_of_an_organisation_less_grafana_is_refused() -> None:
    body = {name: value for name, value in grafana(alert()).items() if name != "orgId"}
    assert "missing required field `orgId`" in reason(body)
