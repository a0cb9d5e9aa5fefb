"""Roles over HTTP, in pages and from the command line; two people for the policy; the glass."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.container.ledger import open_ledger
from ledger.policy import digest, shipped
from ledger.store.side_records import Person
from ledger.vocabulary import Scope
from tests.e2e.reading import settled
from tests.e2e.server import Server, add_person, add_token, client
from tests.e2e.test_acting_pages import hidden
from tests.harness.homes import settings_of
from tests.unit.cli.processes import Airledger

TWO = shipped().replace("two_people = false", "two_people = true")
ADA = "person/11111111-0000-4000-8000-000000000000"
"""Somebody whom a provider identified, as Ada."""


class World(NamedTuple):
    """A server, the host's command line, clients of persons and of a program, and browsers."""

    server: Server
    host: Airledger
    away: Airledger
    mara: httpx.Client
    nils: httpx.Client
    program: httpx.Client
    reader: httpx.Client
    pages: dict[str, httpx.Client]

    def roles(self) -> list[dict[str, Any]]:
        """The roles that are held."""
        settled(self.mara)
        return list(self.mara.get("/v1/roles").raise_for_status().json()["items"])

    def change(self, name: str, **body: str) -> httpx.Response:
        """A change, by Mara."""
        return self.mara.post(f"/v1/roles/{name}", json=body)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("roles") / "data"
    program = add_token(data, "program", Scope.ADMIN)
    reader = add_token(data, "reader")
    persons = {name: add_person(data, name, Scope.ADMIN) for name in ("mara", "nils")}
    cookies = {
        name: add_person(data, name, Scope.ADMIN, command_line=False) for name in ("mara", "nils")
    }
    ledger = open_ledger(settings_of(data))
    ledger.store.append([], [Person(id=ADA, name="Ada", identified=True)])
    ledger.close()
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        own = {"Sec-Fetch-Site": "same-origin"}
        pages = {
            name: opened.enter_context(
                httpx.Client(
                    base_url=server.url, headers=own, cookies={"airledger": secret}, timeout=30
                )
            )
            for name, secret in cookies.items()
        }
        away = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": persons["mara"]}
        yield World(
            server,
            opened.enter_context(Airledger(data)),
            opened.enter_context(Airledger(data.with_name("away"), away)),
            opened.enter_context(client(server, persons["mara"])),
            opened.enter_context(client(server, persons["nils"])),
            opened.enter_context(client(server, program)),
            opened.enter_context(client(server, reader)),
            pages,
        )


def test_a_role_is_granted_listed_delegated_and_revoked_over_http(world: World) -> None:
    granted = world.change("grant", person="mara", role="risk_manager", system="search")
    again = world.change("grant", person="mara", role="risk_manager", system="search")
    assert (True, False) == (granted.json()["recorded"], again.json()["recorded"])
    lent = world.change(
        "delegate", role="risk_manager", system="search", to="nils", until="2999-01-01T00:00:00Z"
    )
    assert 200 == lent.status_code, lent.text
    mine = [each for each in world.roles() if each["system"] == "search"]
    assert {("mara", None, True), ("nils", "mara", True)} == {
        (each["person"], each["deputy_of"], each["in_force"]) for each in mine
    }
    assert {"Risk Manager"} == {each["label"] for each in mine}

    gone = world.change("revoke", person="mara", role="risk_manager", system="search")
    assert 200 == gone.status_code, gone.text
    mine = [each for each in world.roles() if each["system"] == "search"]
    assert [("nils", False)] == [(each["person"], each["in_force"]) for each in mine]


@pytest.mark.parametrize(
    ("name", "body", "status", "rule"),
    [
        ("grant", {"person": "mara", "role": "risk_manger"}, 422, None),
        ("grant", {"person": "mara"}, 422, None),
        ("grant", {"person": "Ada", "role": "risk_manager"}, 409, "name_of_provider"),
        ("revoke", {"person": "mara", "role": "governance_lead"}, 409, "role_not_held"),
        ("revoke", {"person": "nobody at all", "role": "governance_lead"}, 404, None),
        ("join", {"person": "mara", "other": "Ada"}, 409, "name_of_provider"),
        ("join", {"person": "mara", "other": "mara"}, 409, "same_person"),
        (
            "delegate",
            {"role": "risk_manager", "to": "nils", "until": "2999-01-01T00:00:00Z"},
            409,
            "role_not_held",
        ),
    ],
)
def test_a_wrong_change_is_refused_by_name(
    world: World, name: str, body: dict[str, str], status: int, rule: str | None
) -> None:
    answer = world.change(name, **body)
    assert (status, rule) == (answer.status_code, answer.json().get("rule"))
    assert answer.json()["detail"]


def test_whom_a_provider_identified_is_given_a_role_by_the_id(world: World) -> None:
    assert world.change("grant", person=ADA, role="product_owner").is_success
    assert "Ada" in {each["person"] for each in world.roles()}
    listed = world.mara.get("/v1/persons").raise_for_status().json()["items"]
    assert ("Ada", "provider") == next(
        (each["name"], each["known_by"]) for each in listed if each["id"] == ADA
    )


def test_the_command_line_reads_and_changes_them_from_away(world: World) -> None:
    assert (
        "holds the role ml_engineer"
        in world.away.done("role", "grant", "nils", "ml_engineer", "--until", "30d").text
    )
    listed = world.away.done("role", "list", "--json").json["items"]
    assert "ml_engineer" in {each["role"] for each in listed if each["person"] == "nils"}
    assert "ML Engineer / Data Scientist" in world.host.done("role", "list").text
    assert "nils" in world.away.done("person", "list").text
    world.away.done("role", "revoke", "nils", "ml_engineer", "--reason", "Moved.")
    refused = world.away.run("role", "break-glass", "--reason", "From away.")
    assert 2 == refused.status
    assert "works on the files and the store of the ledger's host" in refused.err


def test_two_names_of_one_person_are_listed_as_one(world: World) -> None:
    world.host.done("role", "grant", "mara.k", "product_owner")
    world.host.done("person", "join", "mara", "mara.k")
    settled(world.mara)
    listed = world.mara.get("/v1/persons").raise_for_status().json()["items"]
    ids = {each["name"]: each["id"] for each in listed}
    assert [ids["mara.k"]] == next(each["joined"] for each in listed if each["name"] == "mara")
    page = world.pages["nils"].get("/roles").text
    assert ids["mara.k"] in page
    assert "<details>\n<summary>Persons and their ids</summary>" in page  # unfolds at any width


def test_the_raci_is_a_table_in_every_place(world: World) -> None:
    lines = world.reader.get("/v1/raci").raise_for_status().json()["items"]
    severe = [each for each in lines if each["row"] == "severe-incidents"]
    assert "incident/dismiss" in {each["command"] for each in severe}
    assert {("Risk Manager",)} == {tuple(each["accountable"]) for each in severe}
    page = world.pages["mara"].get("/raci").text
    printed = world.host.done("raci").text
    for each in lines:
        assert each["command"] in page
        assert each["command"] in printed
    for one in ("waivers", "policy"):
        assert one in world.host.done("raci", "--role", "governance_lead").text


def test_the_page_has_the_forms_of_those_who_may(world: World) -> None:
    page = world.pages["mara"].get("/roles").text
    for title in ("Grant a role", "Revoke a role", "Join two names of one person"):
        assert title in page
    unseen = hidden(page)
    sent = world.pages["mara"].post(
        "/roles/grant", data={"person": "nils", "role": "mlops_engineer", "system": "ocr", **unseen}
    )
    assert 303 == sent.status_code, sent.text
    shown = world.pages["mara"].get(sent.headers["location"]).text
    assert "Recorded: Grant" in shown
    assert "MLOps Engineer" in shown
    refused = world.pages["mara"].post(
        "/roles/grant", data={"person": "nils", "role": "nonsense", "system": "ocr", **unseen}
    )
    assert 422 == refused.status_code
    assert 'value="ocr"' in refused.text
    with httpx.Client(base_url=world.server.url, timeout=30) as reading:
        reading.headers["Authorization"] = world.reader.headers["Authorization"]
        assert "Grant a role" not in reading.get("/roles").text


def test_a_policy_waits_for_a_second_person_in_every_place(world: World) -> None:
    body = {"text": TWO, "reason": "Two of us."}
    assert 202 == world.program.post("/v1/policy", json=body).status_code
    assert 202 == world.mara.post("/v1/policy", json=body).status_code
    waits = world.reader.get("/v1/policy/proposals").raise_for_status().json()["items"]
    assert [(digest(TWO), ["mara"])] == [(each["digest"], each["by"]) for each in waits]
    assert "access.two_people: false -> true" in world.host.done("policy", "proposals").text
    page = world.pages["mara"].get("/policy").text
    assert "Waiting for a second person" in page
    own = hidden(page)
    path = f"/policy/proposals/{digest(TWO).removeprefix('sha256:')}/adopt"
    alone = world.pages["mara"].post(path, data={"reason": "Me again.", **own})
    assert 403 == alone.status_code
    assert "It still waits for a second person" in alone.text
    assert "Me again." in alone.text
    other = hidden(world.pages["nils"].get("/policy").text)
    adopted = world.pages["nils"].post(path, data={"reason": "I agree.", **other})
    assert 303 == adopted.status_code, adopted.text
    assert digest(TWO) == world.reader.get("/v1/policy").json()["digest"]
    assert "Waiting for a second person" not in world.pages["mara"].get("/policy").text

    longer = TWO.replace('due_after = "PT24H"', 'due_after = "PT48H"')
    file = world.host.data_dir.with_name("longer.toml")
    file.write_text(longer)
    proposed = world.host.done("policy", "adopt", str(file), "--reason", "Longer.", "--json").json
    assert (False, True) == (proposed["adopted"], proposed["proposed"])
    first = world.away.done("policy", "approve", digest(longer), "--reason", "Yes.").text
    assert "Proposed, not in force" in first
    assert 200 == world.nils.post("/v1/policy", json={"text": longer, "reason": "Yes."}).status_code

    mine = world.change("grant", person="mara", role="governance_lead")
    assert (403, "grant_to_oneself") == (mine.status_code, mine.json()["rule"])
    by_program = world.program.post(
        "/v1/roles/grant", json={"person": "nils", "role": "governance_lead"}
    )
    assert (403, "second_person_needed") == (by_program.status_code, by_program.json()["rule"])

    assert "The glass is broken" not in world.pages["nils"].get("/").text
    world.host.done("role", "break-glass", "--reason", "Nils is away.", "--for", "30m")
    settled(world.mara)
    for path in ("/", "/policy", "/roles", "/log"):
        shown = world.pages["nils"].get(path).text
        assert "The glass is broken" in shown
        assert "Nils is away." in shown
    file.write_text(shipped())
    assert "Adopted" in world.host.done("policy", "adopt", str(file), "--reason", "Alone.").text
