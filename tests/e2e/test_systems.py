"""AI systems are registered, changed and listed: by command, over HTTP and with their forms."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.publishing import EVENTS, STRUCTURED, event
from tests.e2e.server import Server, add_source, add_token, client
from tests.e2e.test_acting_pages import hidden, logged_in
from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger

CHAT = {"system": "chat", "title": "Chat", "intended_purpose": "Answers customers."}


class World(NamedTuple):
    """A server, an operator over HTTP, in a browser and on the host, and a pipeline."""

    api: httpx.Client
    browser: httpx.Client
    pipeline: httpx.Client
    host: Airledger

    def send(self, sent: dict[str, Any]) -> int:
        """How much of it went to quarantine."""
        answer = self.pipeline.post(EVENTS, content=json.dumps(sent), headers=STRUCTURED)
        assert answer.is_success, answer.text
        return int(answer.json()["quarantined"])

    def listed(self, **filters: str) -> list[dict[str, Any]]:
        reading.settled(self.api)
        answer = self.api.get("/v1/systems", params=filters).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    pipeline = add_source(data, "ci", scope=Scope.OPERATE, kind=SourceKind.CLOUDEVENTS)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        yield World(
            opened.enter_context(client(server, token)),
            opened.enter_context(logged_in(server, token)),
            opened.enter_context(client(server, pipeline)),
            opened.enter_context(Airledger(data, environment(data))),
        )


def test_a_system_is_one_and_the_same_through_every_door(world: World) -> None:
    registered = world.api.post("/v1/systems", json=CHAT)
    assert registered.status_code == 201, registered.text
    again = world.api.post("/v1/systems", json={**CHAT, "system": "CHAT"})
    assert (409, "system_registered") == (again.status_code, again.json()["rule"])
    world.host.done("system", "phase", "Chat", "data_understanding", "--iteration", "1")
    added = {"supplier": "Example AI", "service": "responses", "model": "large-4"}
    assert world.api.post("/v1/systems/chat/dependency/add", json=added).is_success
    classes = {"risk_class": "high", "basis": "Annex III."}
    sent = event("1", "airledger.system.classify", subject="chat", data=classes)
    assert 0 == world.send(sent)
    [row] = world.listed(phase="data_understanding", risk_class="high")
    assert ("chat", "Chat", "large-4") == (row["system"], row["title"], row["models"])
    assert [] == world.listed(phase="evaluation")
    shown = world.host.done("system", "show", "chat").text
    assert '"risk_class": "high"' in shown
    page = world.browser.get("/systems").text
    assert "II Data understanding" in page
    timeline = world.browser.get(f"/systems/{row['reference']}").text
    for said in ("Registered: Chat", "Depends on Example AI responses (large-4)", "High risk"):
        assert said in timeline
    sentences = [each["text"] for each in entries(world, "chat")]
    assert "Iteration 1 entered II Data understanding" in sentences
    for twice in ("<dt>Phase</dt>", "<dt>Iteration</dt>", "<dt>Risk class</dt>", "<dt>Model</dt>"):
        assert twice not in timeline.partition('id="timeline"')[2]


def entries(world: World, system: str) -> list[dict[str, Any]]:
    answer = world.api.get(f"/v1/systems/{system}/timeline").raise_for_status()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_pipeline_registers_a_system_once_whatever_it_calls_its_event(world: World) -> None:
    for number, (subject, title) in enumerate((("1", "Chat"), ("2", "Chat"), ("1", "Other"))):
        data = {**CHAT, "title": title}
        sent = event(f"r{number}", "airledger.system.register", subject=subject, data=data)
        assert (title == "Other") == world.send(sent)
    assert ["chat"] == [each["system"] for each in world.listed()]


def test_a_system_is_registered_with_the_form_and_a_refusal_says_why(world: World) -> None:
    form = world.browser.get("/systems/new")
    assert form.is_success, form.text
    typed = {**CHAT, **hidden(form.text)}
    assert world.browser.post("/systems", data=typed).status_code in {200, 303}
    assert ["chat"] == [each["system"] for each in world.listed()]
    shown = world.browser.get("/systems/chat").text
    said_no = {**hidden(shown), "reason": "Asked.", "personal_data": "false"}
    assert world.browser.post("/systems/chat/amend", data=said_no).status_code in {200, 303}
    assert [False] == [each["personal_data"] for each in world.listed()]
    refused = world.host.run("system", "phase", "chat", "evaluation")
    assert "(rule: phase_order)" in refused.err
    assert "Enter II Data understanding" in refused.err


def test_systems_that_only_incidents_know_are_listed_until_they_are_registered(
    world: World,
) -> None:
    for name in ("chat", "Chat", "search \x1b[31m", "unassigned"):
        report = {"title": "It broke", "system": name}
        assert world.api.post("/v1/incidents", json=report).is_success

    def unregistered() -> list[str]:
        reading.settled(world.api)
        items = world.api.get("/v1/systems/unregistered").raise_for_status().json()["items"]
        return [each["system"] for each in items]

    assert ["Chat", "chat", "search \x1b[31m"] == unregistered()
    assert world.api.post("/v1/systems", json={**CHAT, "system": "CHAT"}).is_success
    assert ["search \x1b[31m"] == unregistered()
    assert "1 system is not registered" in world.browser.get("/systems").text
    said = world.host.done("system", "unregistered").text
    assert ("search", False) == (said.split()[0], "\x1b" in said)


def test_what_carries_an_alias_is_the_systems_in_every_list(world: World) -> None:
    assert world.api.post("/v1/systems", json=CHAT).is_success
    reported(world, "Chat Bot")
    world.host.done("system", "alias", "add", "chat", "Chat Bot")
    reported(world, "CHAT BOT")
    reading.settled(world.api)
    incidents = world.api.get("/v1/incidents", params={"system": "chat"}).json()["items"]
    assert ["chat", "Chat Bot"] == [each["system"] for each in incidents]
    for path in ("/v1/incidents", "/v1/rca"):
        by_alias = world.api.get(path, params={"system": "chat bot"}).raise_for_status()
        assert 2 == len(by_alias.json()["items"])
    trends = world.api.get("/v1/trends", params={"system": "chat"}).raise_for_status().json()
    assert 2 == sum(each["incidents"] for each in trends["systems"])
    coverage = world.api.get("/v1/coverage").raise_for_status().json()["systems"]
    assert [("chat", 2)] == [(each["system"], each["incidents"]) for each in coverage]
    assert [] == world.api.get("/v1/systems/unregistered").json()["items"]
    shown = json.loads(world.host.done("system", "show", "Chat BOT").text)
    assert ["Chat Bot"] == shown["state"]["aliases"]
    taken = world.api.post("/v1/systems", json={**CHAT, "system": "chat bot"})
    assert (409, "system_name_taken") == (taken.status_code, taken.json()["rule"])
    assert "Has the name Chat Bot, too" in world.browser.get("/systems/chat").text


def reported(world: World, system: str) -> None:
    report = {"title": "It broke", "system": system}
    assert world.api.post("/v1/incidents", json=report).is_success


def test_systems_are_found_by_a_model_or_a_supplier_that_is_one_of_several(world: World) -> None:
    uses = {
        "chat": (("Example AI", "large-4"), ("Other, Inc.", "small")),
        "search": (("Example AI", "Large-4"), ("Example AI", "large-4, tuned")),
    }
    for name, dependencies in uses.items():
        assert world.api.post("/v1/systems", json={**CHAT, "system": name}).is_success
        for supplier, model in dependencies:
            body = {"supplier": supplier, "service": "responses", "model": model}
            assert world.api.post(f"/v1/systems/{name}/dependency/add", json=body).is_success

    def found(**filters: str) -> list[str]:
        return [each["system"] for each in world.listed(**filters)]

    assert ["chat"] == found(model="large-4")
    assert ["search"] == found(model="Large-4")
    assert ["search"] == found(model="large-4, tuned")
    assert [] == found(model="large")
    assert ["search", "chat"] == found(supplier="Example AI")
    assert ["chat"] == found(supplier="Other, Inc.", model="small")
    said = world.host.done("systems", "--model", "large-4", "--json").text
    assert ["chat"] == [each["system"] for each in json.loads(said)["items"]]
    page = world.browser.get("/systems", params={"model": "large-4"}).text
    assert "/systems/SYS-" in page
    assert 1 == page.count('<td><a class="ref"')
    assert 'value="large-4, tuned"' in world.browser.get("/systems").text


FILE = """\ufeffsystem,title,purpose,model_kinds,personal_data,phase,models
chat,Chat,"Answers customers,
in two languages.",rag;agent,yes,evaluation,large-4
search,Search,Finds,,no,,
"""


def test_systems_of_a_file_are_registered_once_and_each_wrong_line_is_named(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "systems.csv"
    file.write_text(FILE, "utf-8")
    command = ("system", "import", str(file), "--column", "purpose=intended_purpose")
    tried = world.host.done(*command, "--dry-run")
    assert "2 to register (dry run: nothing was recorded)." in tried.text
    assert [] == world.listed()
    assert "2 registered." in world.host.done(*command).text
    assert "2 on record already." in world.host.done(*command).text
    assert [("search", False), ("chat", True)] == [
        (each["system"], each["personal_data"]) for each in world.listed()
    ]
    shown = json.loads(world.host.done("system", "show", "chat").text)["state"]
    assert (["rag", "agent"], "Answers customers,\nin two languages.") == (
        shown["model_kinds"],
        shown["intended_purpose"],
    )
    lines = ["search,Another,Finds,,,,", "third,,Sorts,,,,", "fourth,T,P,rga,,,", "fifth,T,P", ""]
    file.write_text(FILE + "\n".join(lines) + "sixth,Sixth,Counts,,,,\n", "utf-8")
    refused = world.host.run(*command)
    assert 1 == refused.status
    assert "2 on record already, 4 refused, 1 registered." in refused.text
    for said in (
        "line 5: The system 'search' is registered.",
        "line 6: title: must not be empty",
        "line 7: model_kinds: ",
        "line 8: the line has 3 cells, and the first line 7",
    ):
        assert said in refused.err
    assert "sixth" in [each["system"] for each in world.listed()]


def test_a_file_whose_columns_are_no_fields_is_refused_whole(world: World, tmp_path: Path) -> None:
    file = tmp_path / "systems.csv"
    file.write_text("system,titel,intended_purpose\nchat,Chat,Answers\n", "utf-8")
    refused = world.host.run("system", "import", str(file))
    assert 2 == refused.status
    assert "titel: there is no such column. Did you mean" in refused.err
    assert "title: the column is needed" in refused.err
    file.write_bytes(b"system,title,intended_purpose\nchat,Ch\xe4t,Answers\n")
    assert "The file is not UTF-8" in world.host.run("system", "import", str(file)).err
    assert [] == world.listed()


def test_what_is_exported_may_be_imported_with_the_columns_that_it_lacks(
    world: World, tmp_path: Path
) -> None:
    assert world.api.post("/v1/systems", json={**CHAT, "title": "=1+1"}).is_success
    reading.settled(world.api)
    [head, row] = world.host.done("systems", "--format", "csv").text.splitlines()
    file = tmp_path / "systems.csv"
    file.write_text(f"{head},intended_purpose\r\n{row},Answers customers.\r\n", "utf-8")
    assert "1 on record already." in world.host.done("system", "import", str(file)).text


def section(page: str, name: str) -> str:
    """A section of a page, by the id of its heading."""
    _, found, rest = page.partition(f'aria-labelledby="{name}"')
    assert found, page
    return rest[: rest.index("</section>")]


def test_the_page_of_a_system_shows_where_it_stands_and_what_is_open(world: World) -> None:
    nasty = {**CHAT, "title": "Chat <b>", "model_kinds": ["rag"], "personal_data": False}
    assert world.api.post("/v1/systems", json=nasty).is_success
    world.host.done("system", "alias", "add", "chat", "bot")
    world.host.done("system", "iteration", "chat", "--cause", "trigger")
    world.host.done("system", "phase", "chat", "data_understanding", "--iteration", "1")
    world.host.done("system", "dependency", "add", "chat", "A & B", "responses", "--model", "x/y")
    world.host.done("role", "grant", "Mara", "product_owner", "--system", "bot")
    world.host.done("role", "grant", "Nora", "risk_manager")
    world.host.done("role", "grant", "Olaf", "product_owner", "--system", "search")
    reported(world, "Bot")
    reported(world, "search")
    reading.settled(world.api)
    answer = world.browser.get("/systems/Bot")
    assert answer.is_success, answer.text
    facts, now = section(answer.text, "facts"), section(answer.text, "now")
    for said in ("<bdi>bot</bdi>", "<bdi>Retrieval-augmented</bdi>", "<dd>no</dd>", "not said"):
        assert said in facts
    assert "Chat &lt;b&gt;" in answer.text
    assert "Iteration 1: II Data understanding" in now
    assert "Iteration 2: I Business understanding" in now
    assert 1 == now.count('<a class="ref" href="/incidents/INC-')
    assert 'href="/?system=chat&amp;status=open"' in now
    assert "search" not in now
    roles = section(answer.text, "roles")
    assert ("Mara", "Nora") == tuple(name for name in ("Mara", "Nora", "Olaf") if name in roles)
    assert roles.index("for this system") < roles.index("for the organisation")
    depends = section(answer.text, "depends")
    assert 'href="/systems?model=x%2Fy"' in depends
    assert 'href="/systems?supplier=A+%26+B"' in depends
    for path in re.findall(
        r'href="(/[^"]*)"', "".join((now, depends, section(answer.text, "measured")))
    ):
        assert world.browser.get(unescape(path)).is_success, path


def test_a_retired_system_has_only_the_form_that_it_still_takes(world: World) -> None:
    assert world.api.post("/v1/systems", json=CHAT).is_success
    page = world.browser.get("/systems/chat").text
    assert 'data-form="retire"' in page
    assert 'data-form="alias/remove"' not in page
    assert 'data-form="dependency/remove"' not in page
    world.host.done("system", "alias", "add", "chat", "bot")
    shown = world.browser.get("/systems/chat").text
    words = {"data": "Deleted.", "keys": "Revoked.", "users": "Told.", "open_clocks": "None."}
    sent = world.browser.post("/systems/chat/retire", data={**words, **hidden(shown)})
    assert sent.status_code in {200, 303}, sent.text
    page = world.browser.get("/systems/chat").text
    assert "It was retired" in page
    assert ["alias/remove"] == re.findall(r'data-form="([^"]+)"', page)
    assert "Open clocks: None." in page


def test_a_phase_is_left_with_the_evidence_that_the_policy_wants_of_it(world: World) -> None:
    assert world.api.post("/v1/systems", json=CHAT).is_success
    world.host.done("system", "phase", "chat", "data_understanding")
    refused = world.host.run("system", "phase", "chat", "data_preparation")
    assert "(rule: phase_owes_evidence)" in refused.err
    assert "It owes Legal basis (legal_basis)." in refused.err
    filed = {"kind": "legal_basis", "title": "Article 6 (1) b", "digest": "a" * 64}
    found = [
        world.api.post("/v1/evidence", json=filed | {"system": system}).raise_for_status().json()
        for system in ("search", "chat")
    ]
    other, own = (each["reference"] for each in found)
    refused = world.host.run("system", "phase", "chat", "data_preparation", "--evidence", other)
    assert "is about the system 'search'" in refused.err
    world.host.done("system", "phase", "chat", "data_preparation", "--evidence", own)
    back = ("system", "phase", "chat", "data_understanding", "--reason", "New data.")
    world.host.done(*back)
    assert world.api.post(f"/v1/evidence/{own}/withdraw", json={"reason": "Outdated."}).is_success
    refused = world.host.run("system", "phase", "chat", "data_preparation", "--evidence", own)
    assert "is withdrawn" in refused.err
    typed = {"phase": "data_preparation", "evidence": own, "iteration": "1"}
    form = hidden(world.browser.get("/systems/chat").text)
    answer = world.browser.post("/systems/chat/phase", data=typed | form)
    assert "is withdrawn" in answer.text
    assert ["data_understanding"] == [each["phase"] for each in world.listed()]
