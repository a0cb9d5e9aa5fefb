"""From a finding to its proof, over HTTP: the actions of an incident's RCA are accepted, done,
checked by others, acted on and closed; and one of them happens again (runbook section 9)."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.policy import digest, shipped
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.publishing import NATIVE
from tests.e2e.server import Server, add_person, add_source, add_token, client
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

Json = dict[str, Any]
TIGHTER = shipped().replace("more_than = 0.2", "more_than = 0.15")
ALERT = {
    "title": "Answers leak",
    "dedup_key": "leak",
    "status": "firing",
    "labels": {"alertname": "Leak", "system": "chat", "severity": "critical"},
}
ACTIONS = ["Test the filter with each model", "Filter what is sent"]


class World(NamedTuple):
    """The owner, who checks, who adopts, a monitoring, a browser, and the ledger's host."""

    ada: httpx.Client
    bob: httpx.Client
    admin: httpx.Client
    monitoring: httpx.Client
    browser: httpx.Client
    host: Airledger

    def sends(self, ref: str, command: str, by: httpx.Client, **body: Any) -> httpx.Response:
        return by.post(f"/v1/improvements/{ref}/{command}", json=body)

    def done(self, ref: str, command: str, by: httpx.Client, **body: Any) -> Json:
        """A command that must be recorded."""
        answer = self.sends(ref, command, by, **body)
        assert answer.is_success, f"{command}: {answer.text}"
        return dict(answer.json())

    def refused(self, ref: str, command: str, by: httpx.Client, **body: Any) -> str:
        """The rule that refuses a command."""
        answer = self.sends(ref, command, by, **body)
        assert answer.status_code in {403, 409}, answer.text
        return str(answer.json()["rule"])

    def listed(self, **filters: str) -> dict[str, Json]:
        """The improvements that match, by their titles."""
        reading.settled(self.ada)
        answer = self.ada.get("/v1/improvements", params=filters).raise_for_status()
        return {each["title"]: each for each in answer.json()["items"]}

    def fires(self, status: str = "firing", **times: str) -> None:
        self.monitoring.post(NATIVE, json=ALERT | {"status": status, **times}).raise_for_status()

    def incidents(self) -> list[Json]:
        reading.settled(self.ada)
        found: list[Json] = self.ada.get("/v1/incidents").raise_for_status().json()["items"]
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    people = {name: add_person(data, name, Scope.OPERATE, Scope.READ) for name in ("ada", "bob")}
    admin, operator = add_token(data, "root", Scope.ADMIN), add_token(data, "op", Scope.OPERATE)
    source = add_source(data, "monitoring", kind=SourceKind.NATIVE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        world = World(
            opened.enter_context(client(server, people["ada"])),
            opened.enter_context(client(server, people["bob"])),
            opened.enter_context(client(server, admin)),
            opened.enter_context(client(server, source)),
            opened.enter_context(logged_in(server, operator)),
            opened.enter_context(Airledger(data)),
        )
        yield world


def adopts(world: World, text: str) -> str:
    """The digest of a policy that takes force."""
    body = {"text": text, "reason": "As agreed"}
    world.admin.post("/v1/policy", json=body).raise_for_status()
    return digest(text)


def proposed_by_rca(world: World) -> tuple[Json, Json]:
    """An alert opens an incident, whose RCA has two actions: the improvements that they become."""
    world.fires(starts_at=hours_ago(2))
    [incident] = world.incidents()
    completed = {"summary": "A leak", "root_cause": "No filter", "actions": ACTIONS}
    path = f"/v1/incidents/{incident['reference']}/rca/complete"
    world.ada.post(path, json=completed).raise_for_status()
    until(lambda: 2 == len(world.listed(cause="incident")), "the actions are proposed")
    both = world.listed(cause="incident")
    return both[ACTIONS[0]], both[ACTIONS[1]]


def hours_ago(hours: float) -> str:
    """A time so long ago, for an alert that is over."""
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def due(days: int = 30) -> str:
    """A time so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_an_action_goes_from_the_finding_to_its_proof(world: World) -> None:
    first, other = proposed_by_rca(world)
    assert {"plan"} == {each["column"] for each in (first, other)}
    [incident] = world.incidents()
    assert f"incident/{incident['id']}" == first["cause_ref"]

    ref = first["reference"]
    metric = {"success_metric": "p95", "comparison": "at_most", "target": 2, "unit": "s"}
    world.done(ref, "accept", world.ada, owner="ada", due=due(), within_days=30, **metric)
    assert "done_before_accepted" == world.refused(
        other["reference"], "done", world.ada, what="Nothing"
    )
    assert "check_before_done" == world.refused(
        ref, "check", world.bob, result="effective", basis="It will be."
    )
    early = measured(world)
    world.done(ref, "done", world.ada, what="A suite of 40 attacks runs with each model.")
    page = world.browser.get(f"/improvements/{ref}").raise_for_status().text
    assert "Name the measurement: it has its effect where <bdi>p95 is at most 2 s" in page
    assert "There is none yet." in page
    late = measured(world)
    reading.settled(world.ada)
    offered = world.browser.get(f"/improvements/{ref}").raise_for_status().text
    assert (1, 0) == (offered.count(f'"/measurements/{late}"'), offered.count(early))
    check = {"result": "effective", "basis": "p95 stays in its target."}
    assert "own_check" == world.refused(ref, "check", world.ada, measurement=late, **check)
    by_token = world.sends(ref, "check", world.admin, measurement=late, **check)
    assert (403, "person_needed") == (by_token.status_code, by_token.json()["rule"])
    for proof in ({}, {"measurement": early}):
        assert "measurement_does_not_show_it" == world.refused(
            ref, "check", world.bob, **check, **proof
        )
    assert "act_before_effective" == world.refused(ref, "act", world.ada, updates=["policy:T"])
    world.done(ref, "check", world.bob, measurement=late, **check)

    update = {"what": "policy", "reference": "Threshold of drift", "digest": "a" * 64}
    assert "policy_not_adopted" == world.refused(ref, "act", world.ada, updates=[update])
    tighter = adopts(world, TIGHTER)
    update["digest"] = tighter.removeprefix("sha256:")
    assert "close_before_acted" == world.refused(ref, "close", world.ada)
    acted = world.done(ref, "act", world.ada, updates=[update, "training:Course on filters"])
    assert tighter == acted["state"]["updates"][0]["digest"]
    world.done(ref, "close", world.ada)

    row = world.listed(status="closed")[ACTIONS[0]]
    assert ("ada", None, "effective", 2) == (
        row["owner"],
        row["column"],
        row["checked"],
        row["updates"],
    )
    assert {ACTIONS[1]} == set(world.listed(column="plan"))
    assert {ACTIONS[0]} == set(world.listed(owner="ada"))
    assert {} == world.listed(owner="bob")
    page = world.browser.get(f"/improvements/{ref}").raise_for_status().text
    for said in ("Checked: effective", "Acted on: policy Threshold of drift", "Closed"):
        assert said in page


def measured(world: World) -> str:
    """A measurement that ends now and meets the target; its reference."""
    body = {"system": "chat", "metric": "p95", "value": 1.8, "unit": "s", "n": 250}
    ends = {"until": datetime.now(UTC).isoformat()}
    answer = world.admin.post("/v1/measurements", json=body | ends).raise_for_status()
    return str(answer.json()["reference"])


def test_what_happens_again_is_found_by_itself_and_done_again(world: World) -> None:
    _, other = proposed_by_rca(world)
    ref = other["reference"]
    world.done(ref, "accept", world.ada, owner="ada", due=due(), no_recurrence=True)
    world.done(ref, "done", world.ada, what="What is sent is filtered.")
    [first] = world.incidents()
    assert "too_early_to_tell" == world.refused(
        ref, "check", world.bob, result="effective", basis="Nothing yet."
    )
    world.fires("resolved", starts_at=hours_ago(2), ends_at=hours_ago(1.5))
    world.fires()
    assert 2 == len(world.incidents())
    until(lambda: bool(world.listed(status="not_effective")), "it is found not effective")
    row = world.listed(status="not_effective")[ACTIONS[1]]
    assert ("act", 1) == (row["column"], row["recurrences"])
    newest = next(each for each in world.incidents() if each["id"] != first["id"])
    world.done(ref, "recur", world.bob, incident=newest["reference"])  # it is on record
    body = {"title": "By hand", "improvement_kind": "corrective", "cause": "incident"}
    said = world.ada.post("/v1/improvements", json=body | {"cause_ref": first["reference"]}).json()
    assert f"incident/{first['id']}" == said["state"]["cause"]["ref"]
    world.done(said["reference"], "accept", world.ada, owner="ada", due=due(), no_recurrence=True)
    sent = world.ada.post("/v1/improvements", json=body | {"cause_ref": "INC-99999"})
    assert 404 == sent.status_code
    assert 1 == world.listed()[ACTIONS[1]]["recurrences"]
    assert "close_needs_reason" == world.refused(ref, "close", world.ada)
    world.done(ref, "reopen", world.ada, due=due(60), reason="The filter missed images.")
    row = world.listed(column="do")[ACTIONS[1]]
    assert (None, "accepted", 1) == (row["done_at"], row["status"], row["recurrences"])
    timeline = world.host.done("improvement", "timeline", ref).text
    for said in ("Done: What is sent is filtered.", "It happened again", "Reopened until"):
        assert said in timeline


def test_a_manual_recurrence_and_who_is_late_over_the_command_line(world: World) -> None:
    ref = proposed_by_rca(world)[0]["reference"]
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    world.done(ref, "accept", world.ada, owner="ada", due=soon)
    until(lambda: bool(world.listed(overdue="true")), "the clock finds it overdue")
    late = world.host.done("improvements", "--overdue", "--owner", "ada").text
    assert ACTIONS[0] in late
    assert "" == world.host.done("improvements", "--overdue", "--owner", "bob").text
    assert "improvements are overdue" in world.browser.get("/today").raise_for_status().text
    world.done(ref, "reschedule", world.ada, due=due(), reason="The data came late.")
    assert {} == world.listed(overdue="true")
    world.host.done("improvement", "done", ref, "It runs.")
    [incident] = world.incidents()
    world.host.done("improvement", "recur", ref, incident["reference"])
    assert {ACTIONS[0]} == set(world.listed(column="act"))
