"""`airledger source try`: what a body would become, and that nothing becomes of it."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.homes import store_of
from tests.unit.cli.conftest import Run
from tests.unit.intake import webhooks as w

pytestmark = pytest.mark.only_on("sqlite", "what is typed and said is alike; e2e has both stores")

SOURCE = {"specversion": "1.0", "source": "/ci"}


def command(own_id: str, name: str, subject: str, **data: Any) -> dict[str, Any]:
    kind = f"airledger.incident.{name}"
    return {**SOURCE, "id": own_id, "type": kind, "subject": subject, "data": data}


def event(own_id: str, **data: Any) -> dict[str, Any]:
    return {**SOURCE, "id": own_id, "type": "example.failed", "data": data}


def kept(data_dir: Path) -> tuple[int, int, int]:
    """How much the ledger holds of what a try must leave as it is."""
    store = store_of(data_dir)
    try:
        return store.size(), len(store.access.people()), len(store.quarantine.entries())
    finally:
        store.close()


def test_a_time_that_cannot_be_read_is_named(run: Run, body: Path) -> None:
    run("source", "add", "ci", "--kind", "cloudevents")
    body.write_text(json.dumps(event("1", severity="info") | {"time": "2026-11-28 10:00 CET"}))

    tried = run("source", "try", "ci", str(body), "--json")
    shown = run("source", "try", "ci", str(body))

    assert (0, 0) == (tried.status, shown.status)
    [signal] = tried.json["signals"]
    assert {"time": "2026-11-28 10:00 CET"} == signal["unread"]
    assert "time '2026-11-28 10:00 CET' cannot be read and is ignored." in shown.out


@pytest.fixture
def body(tmp_path: Path) -> Path:
    return tmp_path / "body.json"


def test_each_part_is_tried_upon_those_before_it(run: Run, data_dir: Path, body: Path) -> None:
    run("source", "add", "ci", "--kind", "cloudevents", "--scope", "operate")
    urgent = {"severity": "critical", "system": "chat"}
    members = [
        event("1", **urgent, dedup_key="k"),
        event("2", **urgent),
        event("3", severity="info"),
        event("4", dedup_key="k", status="resolved"),
        event("1", **urgent),
        event(""),
        command("5", "report", "own", title="Broken", system="chat"),
        command("6", "assign", "own", owner="Dana"),
        command("7", "close", "own"),
        command("8", "contain", "INC-99", action="Off."),
    ]
    body.write_text(json.dumps(members))
    before = kept(data_dir)
    tried = run("source", "try", "ci", str(body), "--json")
    assert 1 == tried.status
    assert (10, 6, 1, 3) == tuple(
        tried.json[name] for name in ("received", "recorded", "repeats", "quarantined")
    )
    signals, commands = tried.json["signals"], tried.json["commands"]
    assert ["opens", "joins", "recorded", "ends", "repeat"] == [each["becomes"] for each in signals]
    assert signals[0]["incident"] == signals[1]["incident"] == signals[3]["incident"]
    assert ("chat", "critical", "urgent", None) == tuple(
        signals[0][name] for name in ("system", "severity", "rule", "reference")
    )
    assert signals[0]["alert"] == signals[3]["alert"]
    assert "example.failed" == signals[0]["labels"]["alertname"]
    assert ["recorded", "recorded", "refused", "refused"] == [each["becomes"] for each in commands]
    assert commands[0]["incident"] == commands[1]["incident"] == commands[2]["incident"]
    assert (None, True) == (commands[3]["incident"], commands[3]["allowed"])
    assert [5, 8, 9] == [part["index"] for part in tried.json["refused"]]
    assert before == kept(data_dir)


def test_what_is_tried_is_what_then_stands_in_the_table(run: Run, ref: str, body: Path) -> None:
    run("source", "add", "outsider", "--kind", "cloudevents")
    body.write_text(json.dumps([command("1", "close", ref), event("2", severity="page")]))
    tried = run("source", "try", "outsider", str(body))
    assert 1 == tried.status
    for words in (
        ref,
        "no, the source has publish",
        "opens an incident",
        "To quarantine: events[0] is airledger.incident.close",
        "2 received: 1 would be recorded, 0 repeats, 1 set aside. Nothing was recorded.",
    ):
        assert words in tried.out


def test_headers_make_a_binary_event_of_standard_input(
    run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("source", "add", "ci", "--kind", "cloudevents")
    given = {"ce-id": "1", "CE-Type": "t", "ce-specversion": "1.0", "ce-source": "/ci"}
    headers = [f"--header={name}: {value}" for name, value in given.items()]
    before = kept(data_dir)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    tried = run("source", "try", "ci", "-", *headers, "--json")
    assert (0, "/ci 1") == (tried.status, tried.json["signals"][0]["dedup_key"])
    assert before == kept(data_dir)


def test_a_source_is_tried_in_its_own_format(run: Run, body: Path) -> None:
    run("source", "add", "own", "--kind", "native")
    body.write_text('{"title": "Leak", "severity": "warning"}')
    tried = run("source", "try", "own", str(body), "--json")
    assert (0, "native", "recorded-only") == (
        tried.status,
        tried.json["kind"],
        tried.json["signals"][0]["rule"],
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nobody", "-"), 1, "There is no source 'nobody'. See airledger source list."),
        (("ci", "absent"), 2, "absent cannot be read: No such file or directory."),
        (("ci", "-", "--header", "ce-type"), 2, "--header 'ce-type' is invalid."),
    ],
)
def test_what_cannot_be_tried_is_told_why(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int, said: str
) -> None:
    run("source", "add", "ci", "--kind", "cloudevents")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    tried = run("source", "try", *arguments)
    assert status == tried.status
    assert said in tried.err


@pytest.mark.parametrize(("kind", "most"), [("native", 2**20), ("grafana", 2**24)])
def test_a_body_that_no_route_takes_cannot_be_tried(
    run: Run, body: Path, kind: str, most: int
) -> None:
    run("source", "add", "own", "--kind", kind)
    body.write_bytes(b"[]".ljust(most))
    assert "at most" not in run("source", "try", "own", str(body)).err
    body.write_bytes(b"[]".ljust(most + 1))
    tried = run("source", "try", "own", str(body))
    assert 2 == tried.status
    assert f"has {most + 1} bytes; a source of kind {kind} may send at most {most}." in tried.err


def test_a_routing_key_is_no_part_of_what_is_tried(run: Run, body: Path) -> None:
    run("source", "add", "pager", "--kind", "pagerduty")
    payload = {"summary": "Leak", "source": "chat", "severity": "critical"}
    alerts = set()
    for key in ("a" * 32, "b" * 32):
        body.write_text(
            json.dumps({"routing_key": key, "event_action": "trigger", "payload": payload})
        )
        tried = run("source", "try", "pager", str(body), "--json")
        alerts.add(tried.json["signals"][0]["dedup_key"])
    assert 1 == len(alerts)


def test_a_webhook_about_nothing_here_is_said_to_be_ignored(run: Run, body: Path) -> None:
    secret = body.with_name("secret")
    secret.write_text("x" * 32)
    typed = ("--kind", "jira", "--scope", "operate", "--hmac-secret-file", str(secret))
    run("source", "add", "jira", *typed)
    for webhook, said in (
        (w.jira(event="jira:issue_deleted"), "No incident has OPS-7 of Jira"),
        (w.jira(event="comment_created"), "No command for Jira's event 'comment_created'."),
    ):
        body.write_text(json.dumps(webhook))
        tried = run("source", "try", "jira", str(body), "--json")
        assert (0, 1, 0) == (tried.status, tried.json["received"], tried.json["recorded"])
        [reason] = tried.json["ignored"]
        assert reason.startswith(said)
        assert f"Ignored: {said}" in run("source", "try", "jira", str(body)).out
