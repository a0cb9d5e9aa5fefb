"""Escalation, closing and the end of an impact at a real server, by people and programs."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.browser import Document
from tests.e2e.reading import Json
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.harness import forks
from tests.harness.homes import environment


class World(NamedTuple):
    """A running server; a PagerDuty client's key, a pipeline that may command, an operator."""

    directory: Path
    server: Server
    key: str
    pipeline: httpx.Client
    operator: httpx.Client

    def trigger(self, key: str, severity: str, action: str = "trigger") -> None:
        """A PagerDuty client says something of its alert."""
        payload = {"summary": f"{key} fails", "source": key, "severity": severity, "class": key}
        body = {"routing_key": self.key, "event_action": action, "dedup_key": key}
        answer = httpx.post(f"{self.server.url}/v2/enqueue", json={**body, "payload": payload})
        assert 202 == answer.status_code, answer.text

    def of(self, system: str, **filters: str) -> list[Json]:
        """The incidents of a system, oldest first."""
        return reading.incidents(self.operator, system=system, sort="leaf", **filters)

    def command(self, ref: str, name: str, **body: str) -> httpx.Response:
        """A command of the operator."""
        return self.operator.post(f"/v1/incidents/{ref}/{name}", json=body)

    def page(self, path: str) -> Document:
        """A page as the operator sees it, logged in."""
        reading.settled(self.operator)
        token = self.operator.headers["authorization"].split()[1]
        with httpx.Client(base_url=self.server.url) as visitor:
            visitor.post("/login", data={"token": token})
            return Document(visitor.get(path).raise_for_status().text)

    def done(self, ref: str) -> None:
        """Every step of the runbook, but for closing."""
        for name, body in STEPS:
            assert self.operator.post(f"/v1/incidents/{ref}/{name}", json=body).is_success

    def airledger(self, *words: str) -> Json:
        """What the command line prints, run beside the server."""
        run = forks.run([*words, "--json"], {**os.environ, **environment(self.directory)})
        run.check_returncode()
        told: Json = json.loads(run.stdout)
        return told


STEPS = (
    ("contain", {"action": "Off"}),
    ("communicate", {"audience": "all", "message": "We know"}),
    ("classify", {"category": "data_breach", "severity": "high"}),
    ("ticket", {"url": "https://tickets.example/1"}),
    ("notify", {"channel": "phone"}),
    ("rca/complete", {"summary": "S", "root_cause": "R"}),
    ("playbook/update", {"playbook": "P", "change": "C"}),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("alerts") / "data"
    key = add_source(directory, "checks", kind=SourceKind.PAGERDUTY)
    ci = add_source(directory, "ci", kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE)
    operator = add_token(directory, "ada", Scope.ADMIN)
    with Server(directory) as server:
        with client(server, ci) as pipeline, client(server, operator) as api:
            yield World(directory, server, key, pipeline, api)
        assert [] == complaints(server)


def test_a_warning_that_becomes_critical_opens_an_incident_that_is_critical(world: World) -> None:
    world.trigger("escalates", "warning")
    assert [] == world.of("escalates")
    world.trigger("escalates", "critical")
    [incident] = world.of("escalates")
    assert ("critical", "ongoing", "open") == (
        incident["severity"],
        incident["impact"],
        incident["status"],
    )
    history = reading.types(reading.alert_history(world.operator, "checks", "escalates"))
    assert ["alert.fired.v1", "alert.changed.v1"] == history
    world.trigger("escalates", "critical", action="resolve")
    [incident] = world.of("escalates")
    assert "ended" == incident["impact"]


def test_a_check_that_fails_again_after_people_closed_its_incident_opens_the_next(
    world: World,
) -> None:
    world.trigger("again", "critical")
    [first] = world.of("again")
    world.done(first["reference"])
    refused = world.command(first["reference"], "close")
    assert (409, "impact_not_ended") == (refused.status_code, refused.json()["rule"])
    closed = world.command(first["reference"], "close", reason="The vendor does not answer.")
    assert ("closed", "ongoing", 1) == tuple(
        closed.json()[name] for name in ("status", "impact", "alerts_firing")
    )
    page = world.page(f"/incidents/{first['reference']}")
    assert "Closed, though 1 alert of it still fires" in page.text
    for _ in range(9):
        world.trigger("again", "critical")
    first, second = world.of("again")
    assert ("closed", "ended") == (first["status"], first["impact"])
    assert ("open", "ongoing") == (second["status"], second["impact"])


@pytest.mark.parametrize("way", ["http", "command line", "cloudevent"])
def test_people_and_programs_state_when_an_impact_ended(world: World, way: str) -> None:
    told = world.operator.post("/v1/incidents", json={"title": "Leak", "system": f"ended-{way}"})
    ref = told.json()["reference"]
    assert ("ongoing", None) == (told.json()["impact"], told.json()["impact_ended_at"])
    at = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()  # a clock a moment ahead
    if way == "http":
        assert world.command(ref, "resolve", at=at, reason="Clean since.").is_success
    elif way == "command line":
        assert (
            "ended"
            == world.airledger("incident", "resolve", ref, "--at", at, "--reason", "Clean since.")[
                "impact"
            ]
        )
    else:
        event = {"specversion": "1.0", "id": "end-1", "source": "/ci"}
        event |= {"type": "airledger.incident.resolve", "subject": ref}
        data = {"reason": "Clean since.", "at": at}
        answer = world.pipeline.post("/v1/signals/cloudevents", json={**event, "data": data})
        assert 1 == answer.json()["recorded"], answer.text
    [incident] = world.of(f"ended-{way}")
    assert "ended" == incident["impact"]
    assert abs(reading.time_of(incident["impact_ended_at"]) - datetime.now(UTC)) < timedelta(
        minutes=1
    )
    again = world.command(ref, "resolve", reason="Once more.")
    assert (409, "impact_ended") == (again.status_code, again.json()["rule"])
    timeline = world.operator.get(f"/v1/incidents/{ref}/timeline").json()["items"]
    assert "Impact ended, as stated (Clean since.)" == timeline[-1]["text"]


def test_a_merged_incident_shows_the_impact_of_its_target(world: World) -> None:
    refs = [
        world.operator.post("/v1/incidents", json={"title": t, "system": "merged"}).json()
        for t in ("one", "other")
    ]
    merged, target = (ref["reference"] for ref in refs)
    told = world.command(merged, "merge", into=target, reason="The same.")
    assert "ongoing" == told.json()["impact"]
    ended = world.command(target, "resolve", reason="Over.").json()["impact_ended_at"]
    one, other = world.of("merged")
    assert ("merged", "ended", ended) == (one["status"], one["impact"], one["impact_ended_at"])
    assert ("open", "ended", ended) == (other["status"], other["impact"], other["impact_ended_at"])


def test_each_number_above_the_register_is_that_of_the_rows_behind_it(world: World) -> None:
    world.operator.post("/v1/incidents", json={"title": "Goes on", "system": "tiles"})
    page = world.page("/")
    for impact in ("ongoing", "unknown"):
        [link] = [
            each
            for each in page.attributes("a", "href")
            if each == f"/?status=open&impact={impact}"
        ]
        rows = world.page(link)
        listed = {each for each in rows.attributes("a", "href") if "/incidents/INC" in each}
        expected = reading.incidents(world.operator, status="open", impact=impact)
        assert len(listed) == len(expected)
    assert reading.incidents(world.operator, status="open", impact="ongoing")
