"""Whoever may not read a restricted incident learns nothing of its text, by any way in."""

from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from itertools import product
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.access.readers import WITHHELD
from ledger.policy import shipped
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_source, add_token, client
from tests.e2e.test_beside import flat
from tests.unit.cli.processes import Airledger

SYSTEM, OTHER = "hr-assistant", "chat"
POLICY = (
    shipped()
    .replace("restricted_systems = []", f'restricted_systems = ["{SYSTEM}"]')
    .replace("restricted_categories = []", 'restricted_categories = ["data_breach"]')
)
LISTS = ("incidents", "rca", "alerts", "counts", "reviews")
CANARY = "zebracanary"
ALERT = "zebraalert"
SECRETS = (CANARY, ALERT)


class World(NamedTuple):
    """A server; a manager who reads what is restricted, and a reader who does not."""

    server: Server
    admin: httpx.Client
    manager: httpx.Client
    reader: httpx.Client
    auditor: httpx.Client
    page_of_reader: httpx.Client
    page_of_manager: httpx.Client
    remote: Airledger
    source: httpx.Client
    restricted: str
    plain: str


def sent(by: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A command, which must be recorded."""
    answer = by.post(f"/v1/{path}", json=body)
    assert answer.is_success, f"{path} {body} was refused: {answer.text}"
    return dict(answer.json())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("restricted") / "data"
    root, audit = add_token(data, "root", Scope.ADMIN), add_token(data, "auditor", Scope.AUDIT)
    reads = add_token(data, "reads", Scope.OPERATE)
    manages = add_token(data, "manages", Scope.OPERATE)
    source = add_source(data, "native", kind=SourceKind.NATIVE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        admin = opened.enter_context(client(server, root))
        sent(admin, "policy", {"text": POLICY, "reason": "Some are restricted"})
        for person in ("manages",):
            sent(admin, "roles/grant", {"person": person, "role": "risk_manager"})
        manager = opened.enter_context(client(server, manages))
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": reads}
        alerts = opened.enter_context(client(server, source))
        plain = sent(manager, "incidents", {"title": "Nothing secret", "system": OTHER})
        hidden = written(manager, alerts)
        reading.settled(manager)
        yield World(
            server,
            admin,
            manager,
            opened.enter_context(client(server, reads)),
            opened.enter_context(client(server, audit)),
            opened.enter_context(logged_in(server, reads)),
            opened.enter_context(logged_in(server, manages)),
            opened.enter_context(Airledger(data.with_name("away"), env)),
            alerts,
            hidden,
            str(plain["reference"]),
        )


def written(manager: httpx.Client, source: httpx.Client) -> str:
    """The reference of a restricted incident that has the canary in every text, and an alert."""
    opened = sent(
        manager,
        "incidents",
        {
            "title": f"{CANARY} title",
            "description": f"{CANARY} description",
            "system_action": f"{CANARY} action",
            "external_id": f"{CANARY}-1",
            "system": SYSTEM,
        },
    )
    ref = str(opened["reference"])
    for path, body in (
        ("contain", {"action": f"{CANARY} contained"}),
        ("communicate", {"audience": "users", "message": f"{CANARY} message"}),
        ("classify", {"category": "data_breach", "severity": "high", "reason": f"{CANARY} why"}),
        ("note", {"text": f"{CANARY} note"}),
        ("rca/preliminary", {"summary": f"{CANARY} preliminary"}),
        ("rca/complete", {"summary": f"{CANARY} summary", "root_cause": f"{CANARY} root"}),
        ("playbook/update", {"playbook": "p", "change": f"{CANARY} change"}),
        ("waive", {"step": "ticket", "reason": f"{CANARY} waived"}),
        ("amend", {"field": "title", "to": f"{CANARY} again", "reason": f"{CANARY} because"}),
        ("dismiss", {"reason": f"{CANARY} dismissed"}),
        ("reopen", {"reason": f"{CANARY} reopened"}),
    ):
        sent(manager, f"incidents/{ref}/{path}", body)
    signal = {
        "dedup_key": "zebra-1",
        "title": f"{ALERT} fires",
        "status": "firing",
        "labels": {"alertname": "Zebra", "severity": "critical", "system": SYSTEM},
        "annotations": {"summary": f"{ALERT} summary", "runbook_url": f"https://{ALERT}.example/"},
    }
    answer = source.post("/v1/signals/native", json=signal)
    assert answer.is_success, answer.text
    return ref


def shown_to(api: httpx.Client, browser: httpx.Client, world: World) -> dict[str, str]:
    """All that somebody sees, by where."""
    reading.settled(world.manager)
    ref = world.restricted
    found: dict[str, str] = {}
    one = (f"incidents/{ref}", f"incidents/{ref}/timeline")
    for path in (*LISTS, *one, "roles", "trends", "policy/history"):
        found[f"API {path}"] = flat(api.get(f"/v1/{path}").raise_for_status().json())
    for path, form in product((*LISTS, one[1]), ("csv", "jsonl")):
        answer = api.get(f"/v1/{path}", params={"format": form}).raise_for_status()
        found[f"{form} {path}"] = answer.text
    for path in ("", "rca", "alerts", "counts", "reviews", "trends", "log", f"incidents/{ref}"):
        found[f"page {path}"] = unescape(browser.get(f"/{path}").raise_for_status().text)
    return found


def test_who_may_not_read_it_sees_none_of_its_text_anywhere(world: World) -> None:
    shown = shown_to(world.reader, world.page_of_reader, world)
    told = {name: secret for name, text in shown.items() for secret in SECRETS if secret in text}
    assert {} == told
    assert WITHHELD in shown["API incidents"]
    assert WITHHELD in shown["page "]


def test_who_may_read_it_sees_it(world: World) -> None:
    shown = shown_to(world.manager, world.page_of_manager, world)
    for place in ("API incidents", "csv incidents", "API rca", "page "):
        assert f"{CANARY} again" in shown[place], place
    assert f"{CANARY} note" in shown[f"API incidents/{world.restricted}/timeline"]
    assert ALERT in shown["API alerts"]


def test_it_is_there_for_everybody_with_its_clock_and_count(world: World) -> None:
    reading.settled(world.manager)
    path = f"/v1/incidents/{world.restricted}"
    own, other = (by.get(path).json() for by in (world.manager, world.reader))
    same = ("reference", "system", "status", "severity", "category", "month", "counts", "rca")
    for name in set(same) - {"rca"}:
        assert own[name] == other[name], name
    assert own["rca"]["due_at"] == other["rca"]["due_at"]
    assert (True, False) == (own["restricted"], own["withheld"])
    assert (True, True) == (other["restricted"], other["withheld"])
    assert [] == other["records"]
    lists = [
        [each["reference"] for each in by.get("/v1/incidents").json()["items"]]
        for by in (world.manager, world.reader)
    ]
    assert lists[0] == lists[1]


@pytest.mark.parametrize("path", ["incidents", "rca"])
def test_it_is_not_found_by_its_words(world: World, path: str) -> None:
    reading.settled(world.manager)

    def found(by: httpx.Client, words: str) -> list[str]:
        answer = by.get(f"/v1/{path}", params={"q": words}).raise_for_status()
        return [each["reference"] for each in answer.json()["items"]]

    for words in (CANARY, CANARY[:5], f"{CANARY} again", world.restricted):
        assert world.restricted in found(world.manager, words), words
        assert world.restricted not in found(world.reader, words), words
    assert [world.plain] == found(world.reader, "secret")


@pytest.mark.parametrize("sort", ["title", "-title"])
@pytest.mark.parametrize("path", ["incidents", "rca"])
def test_its_title_has_no_place_in_an_order(world: World, path: str, sort: str) -> None:
    """It sorts as an empty title does, wherever its own would stand."""
    for title in ("aaa", "zzz zzz"):
        sent(world.manager, "incidents", {"title": title, "system": OTHER})
    reading.settled(world.manager)

    def order(by: httpx.Client) -> list[str]:
        answer = by.get(f"/v1/{path}", params={"sort": sort}).raise_for_status()
        return [each["system"] for each in answer.json()["items"]]

    def places(systems: list[str]) -> list[int]:
        ascending = systems if sort == "title" else systems[::-1]
        return [place for place, system in enumerate(ascending) if system == SYSTEM]

    hidden = places(order(world.reader))
    assert hidden == list(range(len(hidden)))
    assert places(order(world.manager)) != hidden


def test_refusals_and_answers_do_not_tell(world: World) -> None:
    ref = world.restricted
    for path, body in (
        ("contain", {"action": "Another"}),
        ("merge", {"into": ref, "reason": "Same"}),
        ("amend", {"field": "note.99.text", "to": "x", "reason": "y"}),
        ("amend", {"field": "title", "to": "", "reason": "y"}),
        ("note", {"text": "From the reader"}),
        ("assign", {"owner": "rob"}),
        ("dismiss", {"reason": ""}),
    ):
        text = world.reader.post(f"/v1/incidents/{ref}/{path}", json=body).text
        assert not [secret for secret in SECRETS if secret in text], path
    stale = world.reader.post(
        f"/v1/incidents/{ref}/note", json={"text": "x"}, headers={"If-Match": '"1"'}
    )
    assert not [secret for secret in SECRETS if secret in stale.text]


def test_texts_by_their_ids_are_withheld_also_from_an_auditor(world: World) -> None:
    events = world.auditor.get("/v1/events").raise_for_status()
    assert CANARY not in events.text.replace(f"{CANARY}-1", "")
    ids = sorted({part.split('"')[0] for part in events.text.split('{"text":"')[1:]})
    found = world.auditor.get("/v1/texts", params={"id": ids}).raise_for_status()
    assert CANARY not in found.text
    states = {each["state"] for each in found.json()["items"]}
    assert {"withheld", "readable"} == states


def test_the_command_line_from_away_does_not_tell(world: World) -> None:
    reading.settled(world.manager)
    for words in (
        ("incidents",),
        ("incidents", "--sort", "title"),
        ("rca",),
        ("alerts",),
        ("incident", "show", world.restricted),
        ("incident", "timeline", world.restricted),
    ):
        told = world.remote.done(*words)
        assert not [secret for secret in SECRETS if secret in told.text], words
    assert "withheld from you" in world.remote.done("incident", "show", world.restricted).text


def test_a_role_for_the_system_reads_and_its_end_ends_that(world: World) -> None:
    path = f"/v1/incidents/{world.restricted}"
    role = {"person": "reads", "role": "governance_lead", "system": SYSTEM}
    sent(world.admin, "roles/grant", role)
    assert CANARY in world.reader.get(path).text
    sent(world.admin, "roles/revoke", {**role, "reason": "Enough"})
    assert CANARY not in world.reader.get(path).text
    sent(world.admin, "roles/grant", {**role, "system": OTHER})
    assert CANARY not in world.reader.get(path).text
    sent(world.admin, "roles/revoke", {**role, "system": OTHER})


def test_a_person_restricts_by_hand_and_lifts_it(world: World) -> None:
    opened = sent(world.manager, "incidents", {"title": "Handmade riddle", "system": OTHER})
    ref = opened["reference"]
    reading.settled(world.manager)
    assert "Handmade" in world.reader.get(f"/v1/incidents/{ref}").text
    sent(world.manager, f"incidents/{ref}/restrict", {"reason": "Names in it"})
    reading.settled(world.manager)
    assert "Handmade" not in world.reader.get(f"/v1/incidents/{ref}").text
    sent(world.manager, f"incidents/{ref}/unrestrict", {"reason": "Names are gone"})
    reading.settled(world.manager)
    assert "Handmade" in world.reader.get(f"/v1/incidents/{ref}").text
