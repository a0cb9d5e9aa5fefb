"""airledger's own signals: what their fields become, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.intake.formats import native
from ledger.domain.alert import Signal, SignalStatus
from tests.unit.intake.parsing import incoming, signals, why


def signal(**members: Any) -> Signal:
    body = json.dumps({"title": "Answers leak prompts", **members}).encode()
    [found] = native.parse(incoming(body)).signals
    return found


def test_every_field_of_a_signal_has_its_place() -> None:
    found = signal(
        id="m-1",
        status="resolved",
        dedup_key="leak",
        description="Seen by a user.",
        system="assistant",
        severity="critical",
        labels={"team": "red", "system": "another"},
        annotations={"run": "7"},
        starts_at="2026-11-23T11:00:00+01:00",
        ends_at="2026-11-23T11:30:00Z",
        url="https://grafana.example/d/1",
    )
    assert ("ci", "leak", SignalStatus.RESOLVED, "m-1") == (
        found.source,
        found.dedup_key,
        found.status,
        found.own_id,
    )
    assert {
        "team": "red",
        "system": "assistant",
        "severity": "critical",
        "alertname": "Answers leak prompts",
    } == found.labels
    assert {"run": "7", "description": "Seen by a user."} == found.annotations
    assert datetime(2026, 11, 23, 10, tzinfo=UTC) == found.starts_at
    assert datetime(2026, 11, 23, 11, 30, tzinfo=UTC) == found.ends_at
    assert "https://grafana.example/d/1" == found.generator_url


def test_a_title_is_enough() -> None:
    found = signal()
    assert (SignalStatus.FIRING, None, None, ()) == (
        found.status,
        found.own_id,
        found.starts_at,
        found.shortened,
    )


def test_without_a_key_the_title_and_the_labels_but_for_severity_name_the_alert() -> None:
    key = signal(system="chat", severity="critical").dedup_key
    assert key == signal(labels={"system": "chat"}, severity="info", status="resolved").dedup_key
    assert key != signal(system="chat", title="Another").dedup_key
    assert key != signal(system="search").dedup_key
    assert key != signal(system="chat", labels={"zone": "eu"}).dedup_key


def test_a_label_alertname_is_left_as_it_is() -> None:
    assert "Leak" == signal(labels={"alertname": "Leak"}).labels["alertname"]


def test_a_long_title_is_cut_and_named() -> None:
    found = signal(title="x" * 501)
    assert ("x" * 500, ("title",)) == (found.title, found.shortened)


def test_a_bad_member_of_a_list_is_refused_alone() -> None:
    found = signals({"title": "One"}, {"titel": "Two"}, {"title": "Three"}, 4)
    assert ["One", "Three"] == [each.title for each in found.signals]
    assert [1, 3] == [part.index for part in found.refused]
    assert "signals[1] is no signal: Object contains unknown field `titel`." == (
        found.refused[0].reason
    )
    assert 4 == found.received


def test_a_retry_takes_the_parts_it_is_asked_for() -> None:
    found = signals({"title": "One"}, {"title": "Two"}, part_indexes=frozenset({1}))
    assert ["Two"] == [each.title for each in found.signals]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The body is not JSON"),
        (b"[", "The body is no list of signals"),
        (b"7", "The body is no signal: Expected `object`, got `int`."),
        (b"\xff", "The body is not UTF-8"),
        (b'{"title": "a", "title": "b"}', "The body has the member 'title' twice"),
        (b'{"title": " "}', "`$.title`"),
        (b'{"title": "a", "status": "burning"}', "`$.status`"),
        (b'{"title": "a", "labels": {"n": 1}}', "`$.labels[...]`"),
        (b'{"title": "a", "url": "javascript:alert(1)"}', "`$.url`"),
        (b'{"title": "a", "labels": {"n": "' + b"x" * 30_000 + b'"}}', "is too large: its labels"),
    ],
)
def test_what_is_no_signal_is_told_why(body: bytes, said: str) -> None:
    reason = why(native.parse(incoming(body)))
    assert said in reason
    assert reason.endswith(".")


def test_a_member_twice_in_a_list_is_that_signals_own_fault() -> None:
    found = native.parse(incoming(b'[{"title": "a", "title": "b"}, {"title": "c"}]'))
    assert ["c"] == [each.title for each in found.signals]
    assert "signals[0] has the member 'title' twice in one object." == found.refused[0].reason


def test_the_time_that_go_writes_for_none_is_no_time() -> None:
    found = signal(starts_at="0001-01-01T00:00:00Z", ends_at="0001-01-01T00:00:00Z")
    assert (None, None) == (found.starts_at, found.ends_at)
