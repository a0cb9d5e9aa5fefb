"""Bodies of publishers as their documentation shows them, and a body as a parser receives it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from consumers.intake.parsed import Incoming

Json = dict[str, Any]
ARRIVED_AT = datetime(2026, 11, 22, 9, 22, tzinfo=UTC)
GO_NO_TIME = "0001-01-01T00:00:00Z"


def incoming(body: Json | bytes, part_indexes: frozenset[int] | None = None) -> Incoming:
    """A body as it came from the source "g"."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Incoming(
        source="g",
        body=content,
        digest=hashlib.sha256(content).hexdigest(),
        arrived_at=ARRIVED_AT,
        part_indexes=part_indexes,
    )


def grafana_alert(fingerprint: str = "c6eadffa33fcdf37", **members: Any) -> Json:
    """An alert of Grafana's."""
    return {
        "status": "firing",
        "labels": {"alertname": "High latency", "system": "chat", "severity": "critical"},
        "annotations": {"summary": "p95 above 2 s"},
        "startsAt": "2026-11-22T10:21:11.655398+01:00",
        "endsAt": GO_NO_TIME,
        "generatorURL": "https://grafana.example/alerting/1afz29v7z/edit",
        "fingerprint": fingerprint,
        "silenceURL": "https://grafana.example/alerting/silence/new?matchers=alertname",
        "dashboardURL": "https://grafana.example/d/abc",
        "panelURL": "",
        "values": {"B": 44.2, "C": 1},
        "valueString": "[ var='B' labels={} value=44.2 ]",
        **members,
    }


def grafana(*alerts: Json, **members: Any) -> Json:
    """A notification of Grafana's."""
    return {
        "receiver": "airledger",
        "status": "firing",
        "orgId": 1,
        "alerts": list(alerts),
        "groupLabels": {},
        "commonLabels": {"system": "chat"},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example/",
        "version": "1",
        "groupKey": '{}:{alertname="High latency"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:1] High latency",
        "state": "alerting",
        "message": "**Firing**",
        **members,
    }


GRAFANA_TEST = grafana(
    grafana_alert(
        "57c6d9296de2ad39",
        labels={"alertname": "TestAlert", "instance": "Grafana"},
        annotations={"summary": "Notification test"},
        generatorURL="",
        dashboardURL="",
        silenceURL="https://grafana.example/alerting/silence/new?alertmanager=grafana",
        valueString="[ metric='foo' labels={instance=bar} value=10 ]",
        values=None,
    ),
    groupLabels={"alertname": "TestAlert", "instance": "Grafana"},
    groupKey='test-57c6d9296de2ad39-1668000000000"',
    title="[FIRING:1] TestAlert Grafana",
)
"""What the button "Test" of a contact point sends."""


def event(action: str = "trigger", key: str | None = "disk/7", **members: Any) -> Json:
    """An event of PagerDuty's Events API v2; a trigger with its payload."""
    body: Json = {"routing_key": "*" * 32, "event_action": action}
    if key is not None:
        body["dedup_key"] = key
    if action == "trigger":
        body["payload"] = payload()
    return body | members


def payload(**members: Any) -> Json:
    """What a trigger says."""
    return {
        "summary": "Disk is full",
        "source": "prod05.example.com",
        "severity": "critical",
        **members,
    }
