"""Releases over HTTP: proposed, documented, evaluated, signed, decided, deployed, taken back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.releases import MODEL, PROMPT, SYSTEM, Team, path, reasons, team, verdicts
from tests.harness.process import until
from tests.unit.cli.processes import Airledger


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Team]:
    with team(tmp_path) as found:
        yield found


def test_a_first_release_goes_through_all_gates(at_work: Team) -> None:
    at_work.propose("1.0.0")
    first = at_work.check("1.0.0")
    assert "undecided" == first["outcome"]
    assert {"pass", "undecided"} == set(verdicts(first).values())
    at_work.document("1.0.0")
    at_work.evaluate("1.0.0", harmful_output_rate=0.9)
    bad = at_work.settled_check("1.0.0")
    assert ("no_go", "fail") == (bad["outcome"], verdicts(bad)["safety"])
    at_work.evaluate("1.0.0")
    good = at_work.settled_check("1.0.0")
    held = {name for name, verdict in verdicts(good).items() if verdict != "pass"}
    assert ("undecided", {"product_owner", "governance_lead"}) == (good["outcome"], held), reasons(
        good
    )
    by_token = at_work.pipeline.post(f"{path('1.0.0')}/sign-off", json={"role": "product_owner"})
    assert (403, "person_needed") == (by_token.status_code, by_token.json()["rule"])
    author = at_work.engineer.post(f"{path('1.0.0')}/sign-off", json={"role": "product_owner"})
    assert (409, "author_signs") == (author.status_code, author.json()["rule"])
    early = at_work.owner.post(f"{path('1.0.0')}/decide", json={"decision": "go"})
    assert (409, "gates_not_passed") == (early.status_code, early.json()["rule"])
    at_work.sign("1.0.0")
    signed = at_work.check("1.0.0")
    assert ("undecided", "Every gate passes, and nobody decided yet.") == (
        signed["outcome"],
        signed["reason"],
    )
    conditions = {"decision": "go", "conditions": ["Test Swiss German."]}
    at_work.owner.post(f"{path('1.0.0')}/decide", json=conditions).raise_for_status()
    decided = at_work.check("1.0.0", digest=MODEL)
    assert "go" == decided["outcome"], decided["reason"]
    assert "no_go" == at_work.check("1.0.0", digest="ab" * 32)["outcome"]
    at_work.settle()
    [improvement] = at_work.pipeline.get("/v1/improvements").json()["items"]
    assert ("Test Swiss German.", "condition") == (improvement["title"], improvement["cause"])

    explained = at_work.pipeline.get(f"{path('1.0.0')}/explain").raise_for_status().json()
    assert explained["reproduced"] is True
    assert set(verdicts(decided)) == set(verdicts(explained))
    assert "pass" == at_work.check("1.0.0")["gates"][1]["verdict"]


def test_what_runs_without_a_decision_opens_an_incident_and_a_rollback_marks_it(
    at_work: Team,
) -> None:
    at_work.go("1.0.0")
    at_work.deploy("1.0.0", digest=MODEL)
    state = at_work.deploy("2.0.0", mode="canary", traffic=5)["state"]
    assert (False, SYSTEM) == (state["approved"], state["system"])

    def incidents() -> list[dict[str, Any]]:
        found = at_work.pipeline.get("/v1/incidents", params={"system": SYSTEM})
        return list(found.json()["items"])

    until(lambda: bool(incidents()), "the incident of an unapproved deployment")
    ref = incidents()[0]["reference"]
    body = {"snapshot": "1.0.0"}
    at_work.pipeline.post(f"/v1/incidents/{ref}/rollback/execute", json=body).raise_for_status()
    until(
        lambda: bool(at_work.pipeline.get(path("2.0.0")).json()["state"]["rolled_back"]),
        "the mark of the rollback",
    )
    other = at_work.pipeline.post("/v1/incidents", json={"system": "other", "title": "Slow"})
    params = {"rollback": other.raise_for_status().json()["reference"]}
    foreign = at_work.pipeline.get(f"{path('1.0.0')}/check", params=params)
    assert (422, "rollback") == (foreign.status_code, foreign.json()["errors"][0]["field"])
    runs = at_work.pipeline.get(f"/v1/systems/{SYSTEM}/production").raise_for_status().json()
    assert ("1.0.0", "1.0.0") == (runs["current"]["version"], runs["last_known_good"]["version"])
    assert PROMPT != MODEL


def test_the_command_line_checks_explains_and_shows_what_runs(
    at_work: Team, tmp_path: Path
) -> None:
    at_work.go("1.0.0")
    at_work.deploy("1.0.0")
    at_work.settle()
    env = {"AIRLEDGER_URL": at_work.server.url, "AIRLEDGER_TOKEN": at_work.token}
    with (
        Airledger(tmp_path / "elsewhere", env) as remote,
        Airledger(at_work.server.data_dir) as host,
    ):
        for airledger in (remote, host):
            checked = airledger.run("release", "check", SYSTEM, "1.0.0")
            assert (0, True) == (checked.status, "GO" in checked.text)
            waits = airledger.run("release", "check", f"{SYSTEM}@9.9", "--json")
            assert 3 == waits.status, waits.err
            explained = airledger.done("release", "explain", SYSTEM, "1.0.0").text
            assert "comes to the same" in explained
            shown = airledger.done("release", "production", SYSTEM).text
            assert "last known good 1.0.0" in shown
            [row] = json.loads(airledger.done("release", "list", "--json").text)["items"]
            assert ("1.0.0", "go", "full") == (row["version"], row["decision"], row["mode"])


def test_operation_is_entered_with_a_release_that_was_decided_go(at_work: Team) -> None:
    system = {"system": SYSTEM, "title": "Support", "intended_purpose": "Answers questions."}
    at_work.pipeline.post("/v1/systems", json=system).raise_for_status()

    def enter(phase: str, **body: Any) -> httpx.Response:
        return at_work.pipeline.post(f"/v1/systems/{SYSTEM}/phase", json={"phase": phase} | body)

    for phase, owed in (
        ("data_understanding", ()),
        ("data_preparation", ("legal_basis",)),
        ("model_development", ("dataset_card",)),
        ("evaluation", ("red_team_report", "tra")),
    ):
        evidence = [at_work.file(kind, "1.0.0", kind.encode()) for kind in owed]
        enter(phase, evidence=evidence).raise_for_status()
    at_work.propose("1.0.0")
    for named in ({}, {"release": f"{SYSTEM}@1.0.0"}):
        refused = enter("operationalization", **named)
        assert (409, "phase_owes_release") == (refused.status_code, refused.json()["rule"])
    assert 404 == enter("operationalization", release=f"{SYSTEM}@9.9.9").status_code
    at_work.go("1.0.0")
    entered = enter("operationalization", release=f"{SYSTEM}@1.0.0").raise_for_status().json()
    assert "operationalization" == entered["state"]["phases"][0]
