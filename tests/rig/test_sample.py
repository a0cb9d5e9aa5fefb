"""The shipped sample is what an Alertmanager would have sent."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rig.fingerprint import fingerprint

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "consumers/signals/sample/sample.jsonl"
CAPTURED = ROOT.parent / "shared/data/alerts/alertmanager"
PLAY = 86_400.0
OPEN = "0001-01-01T00:00:00Z"
RELATIVE = re.compile(r"@(-\d+\.\d{3})s")

BODY = [
    *("receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations"),
    *("externalURL", "version", "groupKey", "truncatedAlerts"),
]
ALERT = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]

LINES: list[dict[str, Any]] = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
BODIES = [line["body"] for line in LINES]
ALERTS = [alert for body in BODIES for alert in body["alerts"]]


def seconds(placeholder: str) -> float:
    """`@-3600.000s` -> -3600.0"""
    found = RELATIVE.fullmatch(placeholder)
    assert found is not None, placeholder
    return float(found[1])


def common(labels: list[dict[str, str]]) -> dict[str, str]:
    return dict(set.intersection(*(set(each.items()) for each in labels)))


def test_deliveries_are_in_order_and_within_the_play() -> None:
    offsets = [line["offset"] for line in LINES]
    assert offsets == sorted(offsets)
    assert offsets[0] >= 0
    assert offsets[-1] <= PLAY
    assert 25 <= len(LINES) <= 40


def test_every_fingerprint_is_that_of_the_labels() -> None:
    assert [fingerprint(alert["labels"]) for alert in ALERTS] == [a["fingerprint"] for a in ALERTS]


def test_bodies_have_the_fields_of_the_wire_in_its_order() -> None:
    assert [list(body) for body in BODIES] == [BODY] * len(BODIES)
    assert [list(alert) for alert in ALERTS] == [ALERT] * len(ALERTS)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line['offset']}")
def test_a_body_speaks_of_the_past_and_what_fires_has_no_end(line: dict[str, Any]) -> None:
    arrival = line["offset"] - PLAY
    for alert in line["body"]["alerts"]:
        start = seconds(alert["startsAt"])
        if alert["status"] == "firing":
            assert alert["endsAt"] == OPEN
            assert start <= arrival
        else:
            assert start <= seconds(alert["endsAt"]) <= arrival


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line['offset']}")
def test_what_a_body_says_of_its_group_follows_from_its_alerts(line: dict[str, Any]) -> None:
    body = line["body"]
    grouped = {k: v for k, v in body["commonLabels"].items() if k in ("alertname", "system")}
    inside = ", ".join(f'{name}="{grouped[name]}"' for name in sorted(grouped))
    firing = any(alert["status"] == "firing" for alert in body["alerts"])
    assert body["commonLabels"] == common([alert["labels"] for alert in body["alerts"]])
    assert body["commonAnnotations"] == common([alert["annotations"] for alert in body["alerts"]])
    assert body["groupLabels"] == grouped
    assert body["groupKey"] == f"{{}}/{{}}:{{{inside}}}"
    assert body["status"] == ("firing" if firing else "resolved")


def test_placeholders_make_times_that_can_be_read() -> None:
    loaded = datetime(2026, 11, 22, 12, tzinfo=UTC)
    start = loaded + timedelta(seconds=seconds(ALERTS[0]["startsAt"]))
    assert start.isoformat(timespec="milliseconds") == "2026-11-21T09:30:00.603+00:00"


def test_an_empty_label_set_has_the_offset_basis_as_its_fingerprint() -> None:
    assert fingerprint({}) == "cbf29ce484222325"


@pytest.mark.realdata
@pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured bodies (shared/data) are not here")
def test_captured_fingerprints_are_those_of_their_labels() -> None:
    bodies = [json.loads(path.read_text("utf-8")) for path in sorted(CAPTURED.glob("*.json"))]
    alerts = [alert for body in bodies for alert in body["alerts"]]
    assert len(bodies) == 16
    assert [fingerprint(alert["labels"]) for alert in alerts] == [a["fingerprint"] for a in alerts]
