"""A law and its controls from end to end: registered, assessed, changed, late, assessed again.

Over HTTP, on the command line and on pages (runbook sections 3 and 6).
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.policy import shipped
from ledger.policy.times import time_text
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_person, add_token, client
from tests.harness.homes import environment
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

OWN_CONTROLS = """[controls.oversight]
words = "People oversee the system and can stop it"
maps = { eu_ai_act = ["14", "26"] }

[controls.logs]
words = "Events are logged"
maps = { eu_ai_act = ["12"] }

[controls.literacy]
words = "People are trained"
scope = "organisation"
maps = { eu_ai_act = ["4"] }

"""
CATALOGUE = re.compile(r"\[controls\.ai_policy\].*?(?=\n# --- Runbook section 9)", re.DOTALL)
POLICY = CATALOGUE.sub(OWN_CONTROLS, shipped())
"""Three controls are mapped to the law: two of each system, one of the organisation."""
CLAUSES = ("4", "12", "14", "26")
REASSESSED_WITHIN = 12
"""Seconds from the change, in which two of three controls are assessed again."""
Body = dict[str, Any]


class World(NamedTuple):
    """A server, an operator over HTTP, a person in a session, a browser, and the host."""

    api: httpx.Client
    person: httpx.Client
    browser: httpx.Client
    host: Airledger
    as_person: dict[str, str]
    """What the command line needs to act in the person's session."""

    def assess(self, control: str, system: str | None = None, **more: Any) -> Body:
        """A person assesses a control as effective, unless told otherwise."""
        body = {"control": control, "system": system, "design": "effective"}
        sent = self.person.post("/v1/controls", json=body | {"operating": "effective"} | more)
        assert sent.status_code in {200, 201}, sent.text
        return dict(sent.json())

    def coverage(self, **params: str) -> Body:
        """The coverage of the law now."""
        reading.settled(self.api)
        answer = self.api.get("/v1/standards/eu_ai_act/coverage", params=params)
        return dict(answer.raise_for_status().json())

    def statuses(self, **params: str) -> dict[str, str | None]:
        """The status of each clause that a control is mapped to, by its number."""
        found = {each["clause"]: each["status"] for each in self.coverage(**params)["clauses"]}
        return {clause: found[clause] for clause in CLAUSES}

    def counts(self) -> dict[str, int]:
        """How many controls have which status."""
        return dict(self.coverage()["counts"])

    def evidence(self) -> str:
        """The reference of new evidence about the system."""
        body = {"kind": "other", "title": "Minutes", "digest": "ab" * 32, "system": "chat"}
        return str(self.api.post("/v1/evidence", json=body).raise_for_status().json()["reference"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    session = add_person(data, "Rosa Manager", Scope.OPERATE)
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data, environment(data)))
        host.done("policy", "adopt", str(policy), "--reason", "Three controls")
        yield World(
            opened.enter_context(client(server, token)),
            opened.enter_context(client(server, session)),
            opened.enter_context(logged_in(server, token)),
            host,
            {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": session},
        )


def registered(world: World) -> None:
    """The system and the law are on record."""
    body = {"system": "chat", "title": "Chat", "intended_purpose": "Answers customers."}
    world.api.post("/v1/systems", json=body).raise_for_status()
    world.host.done("standard", "register", "eu_ai_act", "--edition", "2024")


def test_a_changed_law_reaches_every_control_that_it_touches(world: World) -> None:
    registered(world)
    assert dict.fromkeys(CLAUSES, "not_assessed") == world.statuses()
    assert {"5", "9", "10"} <= set(world.coverage()["gaps"])
    for control, system in (("oversight", "chat"), ("logs", "chat"), ("literacy", None)):
        world.assess(control, system)
    assert dict.fromkeys(CLAUSES, "effective") == world.statuses(system="chat")
    assert (4, {"effective": 3}) == (world.coverage()["covered"], world.counts())

    by = datetime.now(UTC) + timedelta(seconds=REASSESSED_WITHIN)
    world.host.done(
        *("standard", "change", "eu_ai_act", "2026", "Logs are kept longer."),
        *("--reassess-by", time_text(by)),
    )
    until(lambda: {"reassessment_due": 3} == world.counts(), "all three are due")
    assert 0 == world.coverage()["covered"]
    shown = world.host.done("standard", "coverage", "eu_ai_act", "--system", "chat").text
    assert "Controls: 3 re-assessment due" in shown
    [improvement] = world.api.get("/v1/improvements").json()["items"]
    assert ("chat", "Re-assess controls", "trigger") == (
        improvement["system"],
        improvement["action"],
        improvement["cause"],
    )

    evidence = world.evidence()
    again = world.assess("logs", "chat", evidence=[evidence], notes="Kept for ten years now.")
    assert [] == again["state"]["owed"]
    words = ("control", "assess", "literacy", "--design", "effective", "--operating", "partly")
    typed = world.host.run(*words, env=world.as_person)
    assert 0 == typed.status, typed.err
    until(
        lambda: {"reassessment_overdue": 1, "partly": 1, "effective": 1} == world.counts(),
        "the clock marks the third",
        within=3 * REASSESSED_WITHIN,
    )
    expected = {"4": "partly", "12": "effective"}
    overdue = dict.fromkeys(("14", "26"), "reassessment_overdue")
    assert expected | overdue == world.statuses()
    late = world.host.done("controls", "--status", "reassessment_overdue", "--json").json["items"]
    assert [("oversight", "chat", "eu_ai_act")] == [
        (each["control"], each["system"], each["standards"]) for each in late
    ]
    assert "re-assessments of controls are overdue" in world.browser.get("/today").text

    world.assess("oversight", "chat", evidence=[evidence])
    assert expected | dict.fromkeys(("14", "26"), "effective") == world.statuses()
    page = world.browser.get("/controls/oversight@chat").text
    assert re.search(r'<dt>Evidence</dt><dd><a href="/evidence/(EVD-\d+)">\1</a>', page)
    timeline = world.api.get("/v1/controls/oversight@chat/timeline").json()["items"]
    assert [
        "control.assessed.v1",
        "control.reassessment_due.v1",
        "control.reassessment_overdue.v1",
        "control.assessed.v1",
    ] == [each["type"] for each in timeline]
    assert (
        []
        == world.host.done("controls", "--status", "reassessment_overdue", "--json").json["items"]
    )


def test_the_pages_say_which_clause_is_a_gap_and_which_control_is_due(world: World) -> None:
    registered(world)
    page = world.browser.get("/standards/eu_ai_act").text
    assert "Gap: no control" in page
    assert "27 clauses: 0 covered, 23 without a control" in page
    world.host.done("standard", "change", "eu_ai_act", "2026", "Logs are kept longer.")
    until(lambda: {"reassessment_due": 3} == world.counts(), "all three are due")
    page = world.browser.get("/standards/eu_ai_act").text
    assert "Logs are kept longer." in page
    assert "3 re-assessment due" in page
    assert "/controls/new?control=oversight&amp;system=chat" in page
    control = world.browser.get("/controls/oversight@chat").text
    assert "People oversee the system and can stop it" in control
    assert "EU AI Act: 14, 26" in control
    system = world.browser.get("/systems/chat").text
    assert "2 controls of its own" in system
    form = world.browser.get("/controls/new?control=oversight&system=chat").text
    assert re.search(r'<option value="oversight" selected', form)
    assert "People are trained (organisation)" in form


def test_an_assessment_is_a_person_s_and_of_what_the_policy_has(world: World) -> None:
    registered(world)
    body = {"control": "oversight", "system": "chat", "design": "not", "operating": "not"}
    by_token = world.api.post("/v1/controls", json=body)
    assert (403, "person_needed") == (by_token.status_code, by_token.json()["rule"])
    for change, rule in (
        ({"system": None}, "control_of_systems"),
        ({"control": "literacy"}, "control_of_organisation"),
        ({"system": "rag"}, "control_of_registered"),
        ({"until": "2020-01-01T00:00:00Z"}, "assessed_until_later"),
    ):
        refused = world.person.post("/v1/controls", json=body | change)
        assert (409, rule) == (refused.status_code, refused.json()["rule"]), refused.text
    unknown = world.person.post("/v1/controls", json=body | {"control": "oversigth"})
    assert 422 == unknown.status_code
    assert "Did you mean oversight?" in unknown.json()["detail"]
    out = world.api.get("/v1/standards/eu_ai_act/coverage", params={"system": "rag"})
    assert 404 == out.status_code


def test_a_standard_for_some_systems_covers_no_other(world: World) -> None:
    for system in ("chat", "search"):
        body = {"system": system, "title": system, "intended_purpose": "Answers."}
        world.api.post("/v1/systems", json=body).raise_for_status()
    scoped = {"standard": "eu_ai_act", "systems": ["search"]}
    world.api.post("/v1/standards", json=scoped).raise_for_status()
    assert ["search"] == world.coverage()["systems"]
    out = world.api.get("/v1/standards/eu_ai_act/coverage", params={"system": "chat"})
    assert (409, "system_in_scope") == (out.status_code, out.json()["rule"])
    refused = world.api.post(
        "/v1/standards/eu_ai_act/amend", json={"reason": "More", "systems": ["rag"]}
    )
    assert (409, "standard_for_registered") == (refused.status_code, refused.json()["rule"])
    reading.settled(world.api)
    of_chat = world.api.get("/v1/systems/chat/controls").raise_for_status().json()
    assert ["oversight", "logs"] == [each["standing"]["control"] for each in of_chat["controls"]]
    assert {"not_assessed": 3} == of_chat["counts"]
    assert "People are trained" in world.host.done("system", "controls", "chat").text
