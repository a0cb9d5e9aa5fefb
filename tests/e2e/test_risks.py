"""A risk from its identification to its end, over HTTP and the command line, with its refusals."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import unseen
from tests.e2e.logging_in import browser
from tests.e2e.server import Server, add_person, add_token, client
from tests.e2e.test_login_links import secret_of
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

ROLES = {
    "ada": ("product_owner", "governance_lead"),
    "bob": ("risk_manager", "governance_lead"),
    "carl": ("risk_manager",),
    "gita": ("governance_lead",),
}
"""Ada owns the risk, Bob asks; Carl's role is not enough, and Gita's is."""
RISK = {
    "title": "Answers cite sources that there are not",
    "system": "chat",
    "category": "reliability",
    "owner": "ada",
    "causes": "No retrieval.",
    "consequences": "People rely on it.",
}
ASSESS = {"likelihood": "likely", "impact": "major", "rationale": "Seen in three answers."}


class World(NamedTuple):
    """A server, its host, a program by its token, and persons by their sessions."""

    server: Server
    host: Airledger
    program: httpx.Client
    persons: dict[str, httpx.Client]

    def done(self, who: str, ref: str, command: str, **body: Any) -> dict[str, Any]:
        """A command that is recorded; the state after it."""
        answer = self.persons[who].post(f"/v1/risks/{ref}/{command}", json=body)
        assert answer.is_success, answer.text
        return dict(answer.json()["state"])

    def refused(self, who: str, ref: str, command: str, **body: Any) -> tuple[str, str]:
        """The rule that refuses a command, and what is said."""
        problem = self.persons[who].post(f"/v1/risks/{ref}/{command}", json=body).json()
        return str(problem["rule"]), f"{problem['detail']} {problem['remedy']}"

    def identified(self, **changes: Any) -> str:
        """The reference of a new risk."""
        answer = self.persons["ada"].post("/v1/risks", json=RISK | changes)
        assert 201 == answer.status_code, answer.text
        return str(answer.json()["reference"])

    def row(self, ref: str) -> dict[str, Any]:
        """A risk's row in the register."""
        reading.settled(self.program)
        items = self.program.get("/v1/risks").raise_for_status().json()["items"]
        return next(dict(each) for each in items if each["reference"] == ref)

    def listed(self, **filters: str) -> set[str]:
        """The references of the risks that filters let through."""
        reading.settled(self.program)
        found = self.program.get("/v1/risks", params=filters).raise_for_status().json()
        return {each["reference"] for each in found["items"]}

    def told(self, ref: str) -> list[str]:
        """The types of its events."""
        items = self.program.get(f"/v1/risks/{ref}/timeline").raise_for_status().json()["items"]
        return [each["type"] for each in items]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("risks") / "data"
    token = add_token(data, "program", Scope.OPERATE)
    sessions = {name: add_person(data, name, Scope.OPERATE) for name in ROLES}
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data))
        for name, roles in ROLES.items():
            for role in roles:
                host.done("role", "grant", name, role)
        program = opened.enter_context(client(server, token))
        persons = {
            name: opened.enter_context(client(server, secret)) for name, secret in sessions.items()
        }
        yield World(server, host, program, persons)


def soon(seconds: float = 1.5) -> str:
    """A time that the clock meets while the test waits."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_risk_is_assessed_at_three_levels_and_is_above_tolerance(world: World) -> None:
    ref = world.identified()
    assert "unknown" == world.row(ref)["tolerated"]
    said = world.host.run("risk", "assess", ref, "current", "likley", "major", "--rationale", "R")
    assert "Did you mean likely?" in said.err
    assert "(rule: unknown_label)" in said.err
    for level, likelihood in (("inherent", "almost_certain"), ("residual", "rare")):
        world.host.done("risk", "assess", ref, level, likelihood, "major", "--rationale", "R")
    assert "unknown" == world.row(ref)["tolerated"]
    state = world.done("ada", ref, "assess", level="current", **ASSESS)
    assert ("high", 16, False) == (
        state["assessments"]["current"]["band"],
        state["assessments"]["current"]["score"],
        state["assessments"]["current"]["tolerated"],
    )
    row = world.row(ref)
    assert ("extreme", "high", "medium") == tuple(
        row[f"{level}_band"] for level in ("inherent", "current", "residual")
    )
    assert ("no", "ada", "chat") == (row["tolerated"], row["owner"], row["system"])
    assert ref in world.listed(tolerated="no", current_band="high", system="chat")
    assert ref not in world.listed(tolerated="yes")
    assert "Above tolerance" in world.host.done("risks", "--tolerated", "no").text


def test_what_names_no_system_is_the_organisations(world: World) -> None:
    asked = {name: value for name, value in RISK.items() if name != "system"}
    answer = world.persons["ada"].post("/v1/risks", json=asked).raise_for_status().json()
    assert answer["state"]["system"] is None
    assert world.row(answer["reference"])["system"] is None
    timeline = world.host.done("risk", "timeline", answer["reference"]).text
    assert "Identified for the organisation (reliability), owned by ada" in timeline


def test_it_is_accepted_by_another_in_a_role_of_its_band_until_it_is_stale_or_expired(
    world: World,
) -> None:
    ref = world.identified(title="Answers leak")
    accept = {"reason": "Until the new model."}
    assert "risk_not_assessed" == world.refused("gita", ref, "accept", **accept)[0]
    world.done("ada", ref, "assess", level="current", **ASSESS)
    assert "acceptance_not_requested" == world.refused("gita", ref, "accept", **accept)[0]
    world.done("bob", ref, "request-acceptance", reason="It is little.")
    assert "requested" == world.row(ref)["acceptance"]

    assert "own_acceptance" == world.refused("ada", ref, "accept", **accept)[0]
    assert "own_acceptance" == world.refused("bob", ref, "accept", **accept)[0]
    rule, said = world.refused("carl", ref, "accept", **accept)
    assert "above_authority" == rule
    assert "Governance Lead (governance_lead)" in said
    by_program = world.program.post(f"/v1/risks/{ref}/accept", json=accept)
    assert (403, "person_needed") == (by_program.status_code, by_program.json()["rule"])
    by_host = world.host.run("risk", "accept", ref, "R")
    assert "(rule: person_needed)" in by_host.err
    far = (datetime.now(UTC) + timedelta(days=181)).isoformat()
    assert "accepted_too_long" == world.refused("gita", ref, "accept", until=far, **accept)[0]

    given = world.done("gita", ref, "accept", **accept)["acceptance"]
    assert ("governance_lead", "high", 2) == (
        given["role"],
        given["band"],
        given["assessed_at_version"],
    )
    row = world.row(ref)
    assert ("holds", "gita", "governance_lead") == (
        row["acceptance"],
        row["accepted_by"],
        row["accepted_as"],
    )
    again = world.refused("gita", ref, "accept", reason="Another.")
    assert "accepted_already" == again[0]

    world.done("ada", ref, "assess", level="current", **ASSESS | {"rationale": "Seen again."})
    assert "stale" == world.row(ref)["acceptance"]
    assert ref in world.listed(acceptance="stale")
    world.done("bob", ref, "request-acceptance", reason="Still little.")
    world.done("gita", ref, "accept", until=soon(), **accept)
    until(lambda: "risk.acceptance_expired.v1" in world.told(ref), "it expires", within=30)
    assert "expired" == world.row(ref)["acceptance"]


def test_a_page_tells_the_owner_why_he_is_refused_and_keeps_what_he_typed(world: World) -> None:
    ref = world.identified(title="Answers end early")
    world.done("bob", ref, "assess", level="current", **ASSESS)
    world.done("bob", ref, "request-acceptance", reason="It is little.")
    link = world.host.done("session", "link", "ada", "--scope", "operate", "--json")
    with browser(world.server) as page:
        page.headers["Sec-Fetch-Site"] = "same-origin"
        assert 303 == page.post("/login", data={"token": secret_of(link)}).status_code
        shown = page.get(f"/risks/{ref}").raise_for_status().text
        typed = {"reason": "I bear it myself."}
        sent = page.post(f"/risks/{ref}/accept", data={**unseen(shown, "accept"), **typed})
    said = unescape(sent.text)
    assert 409 == sent.status_code, said
    for part in ("You own the risk", "nobody accepts his own risk", "I bear it myself."):
        assert part in said


def test_to_choose_the_treatment_accept_is_to_ask_for_it(world: World) -> None:
    ref = world.identified(title="Answers are slow")
    world.done("ada", ref, "assess", level="current", **ASSESS)
    world.done("bob", ref, "treat", treatment="accept", plan="It is little.")
    assert "own_acceptance" == world.refused("bob", ref, "accept", reason="R")[0]
    world.done("gita", ref, "accept", reason="R")
    world.done("bob", ref, "withdraw-acceptance", reason="It grew.")
    assert ("withdrawn", "accept") == (
        world.row(ref)["acceptance"],
        world.row(ref)["treatment"],
    )


def test_the_clock_finds_a_late_review_and_a_late_treatment(world: World) -> None:
    ref = world.identified(title="Answers differ", review_due=soon())
    until(lambda: "risk.review_overdue.v1" in world.told(ref), "it is overdue", within=30)
    assert world.row(ref)["review_overdue"] is True
    world.done("bob", ref, "review", notes="Still so.")
    assert world.row(ref)["review_overdue"] is False
    late = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    assert "review_too_late" == world.refused("bob", ref, "review", next_due=late)[0]

    world.done("bob", ref, "treat", treatment="mitigate", plan="Retrieve.", due=soon())
    until(lambda: "risk.treatment_overdue.v1" in world.told(ref), "it is overdue", within=30)
    assert world.row(ref)["treatment_overdue"] is True
    world.host.done("risk", "complete-treatment", ref, "It retrieves.")
    assert world.row(ref)["treatment_overdue"] is False


def test_what_is_behind_it_is_linked_and_unlinked_until_it_is_closed(world: World) -> None:
    ref = world.identified(title="Answers hurt")
    incident = world.program.post("/v1/incidents", json={"title": "T", "system": "chat"}).json()
    asked = {"title": "T", "system": "chat", "improvement_kind": "risk"}
    improvement = world.program.post("/v1/improvements", json=asked).json()["reference"]
    world.host.done("risk", "link-incident", ref, incident["reference"])
    world.done("bob", ref, "link-incident", incident=incident["id"])
    world.done("bob", ref, "link-improvement", improvement=improvement)
    world.done("bob", ref, "link-control", control="oversight")
    links = world.done("bob", ref, "link-system", system="search")["links"]
    assert [
        ("incident", incident["id"], None),
        ("control", "oversight", "chat"),
        ("system", "search", None),
    ] == [
        (each["kind"], each["id"], each["system"]) for each in links if "improv" not in each["kind"]
    ]
    counts = ("incidents", "controls", "improvements", "systems")
    assert [1, 1, 1, 1] == [world.row(ref)[each] for each in counts]
    unknown = world.persons["bob"].post(
        f"/v1/risks/{ref}/link-incident", json={"incident": "INC-99999"}
    )
    assert 404 == unknown.status_code
    assert "unknown_label" == world.refused("bob", ref, "link-control", control="overside")[0]

    world.host.done("risk", "unlink", ref, "--incident", incident["reference"], "--reason", "No.")
    world.done("bob", ref, "unlink", control="oversight", reason="No.")
    assert [0, 0, 1, 1] == [world.row(ref)[each] for each in counts]
    world.done("bob", ref, "close", reason="The system is retired.")
    assert "closed" == world.row(ref)["status"]
    assert "risk_closed" == world.refused("bob", ref, "review")[0]
    world.done("bob", ref, "reopen", reason="It is back.")
    assert "open" == world.row(ref)["status"]
    page = world.persons["bob"].get(f"/v1/risks/{ref}").json()
    assert "open" == page["state"]["status"]


def test_a_risk_that_is_corrected_keeps_what_was_recorded(world: World) -> None:
    ref = world.identified(title="Answers cots too much")
    world.done("bob", ref, "amend", title="Answers cost too much", owner="gita", reason="A typo.")
    row = world.row(ref)
    assert ("Answers cost too much", "gita") == (row["title"], row["owner"])
    timeline = world.host.done("risk", "timeline", ref).text
    assert "Answers cots too much" in timeline
    assert "Amended (owner, title): A typo." in timeline
