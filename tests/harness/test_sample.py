"""What the shipped sample's Alertmanager sends is what an Alertmanager would have sent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.fingerprint import fingerprint

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "consumers/intake/sample/scenarios.jsonl"
CAPTURED = ROOT.parent / "shared/data/alerts/alertmanager"
OPEN = "0001-01-01T00:00:00Z"
SPAN = re.compile(r"@?(-?)(\d\d):(\d\d):(\d\d(?:\.\d{3})?)")

BODY = [
    *("receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations"),
    *("externalURL", "version", "groupKey", "truncatedAlerts"),
]
ALERT = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]

Line = dict[str, Any]
ALL: list[Line] = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
LINES = [line for line in ALL if line["is"] == "signal" and line["source"] == "prometheus"]
BODIES = [line["body"] for line in LINES]
ALERTS = [alert for body in BODIES for alert in body["alerts"]]


def seconds(span: str) -> float:
    """`@-01:00:00` -> -3600.0"""
    found = SPAN.fullmatch(span)
    assert found is not None, span
    total = 3600 * int(found[2]) + 60 * int(found[3]) + float(found[4])
    return -total if found[1] else total


def stories() -> Iterator[tuple[Line, list[Line]]]:
    """Each story's first line, and the others."""
    begins = [n for n, line in enumerate(ALL) if line["is"] == "story"]
    for first, last in zip(begins, [*begins[1:], len(ALL)], strict=True):
        yield ALL[first], ALL[first + 1 : last]


def common(labels: list[dict[str, str]]) -> dict[str, str]:
    return dict(set.intersection(*(set(each.items()) for each in labels)))


def test_every_story_is_told_in_order() -> None:
    for story, lines in stories():
        spans = [seconds(line["after"]) for line in lines]
        assert sorted(spans) == spans, story["name"]
        assert lines, story["name"]


def test_every_fingerprint_is_that_of_the_labels() -> None:
    assert [fingerprint(alert["labels"]) for alert in ALERTS] == [a["fingerprint"] for a in ALERTS]


def test_bodies_have_the_fields_of_the_wire_in_its_order() -> None:
    assert [list(body) for body in BODIES] == [BODY] * len(BODIES)
    assert [list(alert) for alert in ALERTS] == [ALERT] * len(ALERTS)


@pytest.mark.parametrize("line", LINES, ids=map(str, range(len(LINES))))
def test_a_body_speaks_of_the_past_and_what_fires_has_no_end(line: Line) -> None:
    arrival = seconds(line["after"])
    for alert in line["body"]["alerts"]:
        start = seconds(alert["startsAt"])
        if alert["status"] == "firing":
            assert OPEN == alert["endsAt"]
            assert start <= arrival
        else:
            assert start <= seconds(alert["endsAt"]) <= arrival


@pytest.mark.parametrize("line", LINES, ids=map(str, range(len(LINES))))
def test_what_a_body_says_of_its_group_follows_from_its_alerts(line: Line) -> None:
    body = line["body"]
    grouped = {k: v for k, v in body["commonLabels"].items() if k in ("alertname", "system")}
    inside = ", ".join(f'{name}="{grouped[name]}"' for name in sorted(grouped))
    firing = any(alert["status"] == "firing" for alert in body["alerts"])
    assert body["commonLabels"] == common([alert["labels"] for alert in body["alerts"]])
    assert body["commonAnnotations"] == common([alert["annotations"] for alert in body["alerts"]])
    assert body["groupLabels"] == grouped
    assert body["groupKey"] == f"{{}}/{{}}:{{{inside}}}"
    assert body["status"] == ("firing" if firing else "resolved")


def test_an_empty_label_set_has_the_offset_basis_as_its_fingerprint() -> None:
    assert fingerprint({}) == "cbf29ce484222325"


@pytest.mark.realdata
@pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured bodies (shared/data) are not here")
def test_captured_fingerprints_are_those_of_their_labels() -> None:
    bodies = [json.loads(path.read_text("utf-8")) for path in sorted(CAPTURED.glob("*.json"))]
    alerts = [alert for body in bodies for alert in body["alerts"]]
    assert len(bodies) == 16
    assert [fingerprint(alert["labels"]) for alert in alerts] == [a["fingerprint"] for a in alerts]
