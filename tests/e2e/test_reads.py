"""Reads of restricted incidents, exports and log-ins are on record, and nobody's else."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from consumers.access.readers import Reader
from consumers.container.ledger import open_ledger
from consumers.read_service.incidents import incident, register, timeline
from consumers.read_service.kept_texts import texts_as_read
from ledger.errors import Unavailable
from ledger.store.read_records import ReadKind
from ledger.vocabulary import Scope
from projections.queries.incidents import IncidentFilters
from tests.e2e import reading
from tests.e2e.logging_in import browser
from tests.e2e.served import problem, wrong_fields
from tests.e2e.server import Server, add_person, add_token, client
from tests.e2e.test_login_links import secret_of
from tests.harness.homes import settings_of, store_of
from tests.harness.kept_texts import ids_named
from tests.unit.cli.processes import Airledger

TITLE = "Zoe leaked the grades"
Noted = dict[tuple[str, str], int]


@dataclass(frozen=True)
class World:
    """A server with an incident that is restricted and one that is not.

    Rosa may read it, Emil may not; both are auditors.
    """

    server: Server
    host: Airledger
    rosa: httpx.Client
    emil: httpx.Client
    admin: httpx.Client
    restricted: str
    other: str

    def of(self, reader: str) -> Noted:
        """What is on record of a reader: how often, by kind and subject."""
        items = self.admin.get("/v1/reads", params={"reader": reader}).raise_for_status().json()
        return {(each["kind"], each["subject"]): each["count"] for each in items["items"]}

    def new(self, before: Noted, reader: str) -> Noted:
        """What came to it since."""
        now = self.of(reader)
        more = {each: count - before.get(each, 0) for each, count in now.items()}
        return {each: count for each, count in more.items() if count}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("reads") / "data"
    operator, root = add_token(data, "op", Scope.OPERATE), add_token(data, "root", Scope.ADMIN)
    rosa, emil = (add_person(data, name, Scope.AUDIT) for name in ("Rosa", "Emil"))
    with ExitStack() as stack:
        host = stack.enter_context(Airledger(data))
        host.done("role", "grant", "Rosa", "risk_manager")
        server = stack.enter_context(Server(data))
        clients = [stack.enter_context(client(server, each)) for each in (rosa, emil, root)]
        writer = stack.enter_context(client(server, operator))
        refs = []
        for title in (TITLE, "A slow answer"):
            body = {"title": title, "system": "chat", "description": title}
            refs.append(writer.post("/v1/incidents", json=body).raise_for_status().json())
        path = f"/v1/incidents/{refs[0]['reference']}/restrict"
        writer.post(path, json={"reason": "It names her."}).raise_for_status()
        reading.settled(writer)
        restricted, other = (each["reference"] for each in refs)
        yield World(server, host, clients[0], clients[1], clients[2], restricted, other)


def get(by: httpx.Client, path: str, **params: Any) -> httpx.Response:
    return by.get(path, params=params).raise_for_status()


def test_who_may_read_a_restricted_incident_is_on_record(world: World) -> None:
    before, ref = world.of("Rosa"), world.restricted

    for path in (f"/v1/incidents/{ref}", f"/v1/incidents/{ref}/timeline", "/v1/incidents"):
        assert TITLE in get(world.rosa, path).text
    get(world.rosa, f"/v1/incidents/{world.other}")
    get(world.rosa, f"/v1/incidents/{world.other}/timeline")
    get(world.rosa, "/v1/incidents", status="closed")

    read = {("incident", ref): 1, ("timeline", ref): 1, ("list", "incidents"): 1}
    assert read == world.new(before, "Rosa")


def test_who_may_not_read_it_is_not(world: World) -> None:
    before, ref = world.of("Emil"), world.restricted

    for path in (f"/v1/incidents/{ref}", f"/v1/incidents/{ref}/timeline", "/v1/incidents"):
        assert TITLE not in get(world.emil, path).text

    assert {} == world.new(before, "Emil")


def test_texts_of_a_restricted_incident_are_on_record(world: World) -> None:
    with closing(store_of(world.server.data_dir)) as store:
        texts = ids_named(store)
    before, others = world.of("Rosa"), world.of("Emil")

    assert TITLE in get(world.rosa, "/v1/texts", id=texts).text
    assert TITLE not in get(world.emil, "/v1/texts", id=texts).text

    assert {("texts", world.restricted): 1} == world.new(before, "Rosa")
    assert {} == world.new(others, "Emil")


def test_an_export_is_on_record_whatever_is_in_it(world: World) -> None:
    before, others = world.of("Rosa"), world.of("Emil")

    get(world.emil, "/v1/alerts", format="csv")
    get(world.emil, f"/v1/incidents/{world.other}/timeline", format="jsonl")
    get(world.emil, "/v1/alerts")
    problem(world.emil.get("/v1/alerts", params={"format": "csv", "cursor": "x"}), 422)
    assert TITLE in get(world.rosa, "/v1/incidents", format="csv").text

    exported = {("export", "alerts"): 1, ("export", "incident-timeline"): 1}
    assert exported == world.new(others, "Emil")
    read = {("export", "incidents"): 1, ("list", "incidents"): 1}
    assert read == world.new(before, "Rosa")


def test_log_ins_are_on_record_by_their_way(world: World) -> None:
    made = world.host.done("session", "link", "Grace", "--scope", "admin", "--json")
    with browser(world.server) as by_link, browser(world.server) as by_token:
        sent = by_link.post("/login", data={"token": secret_of(made), "next": "/"})
        assert 303 == sent.status_code
        token = add_token(world.server.data_dir, "tina")
        assert 303 == by_token.post("/login", data={"token": token, "next": "/"}).status_code
        assert 401 == by_token.post("/login", data={"token": "0" * 32, "next": "/"}).status_code
        page = get(by_link, "/reads", reader="Grace").text
        assert '<a href="/reads">' in get(by_link, "/access").text

    assert {("login", "link"): 1} == world.of("Grace")
    assert {("login", "token"): 1} == world.of("tina")
    assert ("login", "command_line") in world.of("Rosa")
    assert "<small>login</small>" in page


def test_the_record_is_listed_in_pages_and_by_day(world: World) -> None:
    get(world.rosa, f"/v1/incidents/{world.restricted}")
    whole = get(world.admin, "/v1/reads").json()["items"]
    found: list[Any] = []
    page: dict[str, Any] = {}
    while not found or page["next"]:
        cursor = {"cursor": page["next"]} if found else {}
        page = get(world.admin, "/v1/reads", limit=2, **cursor).json()
        found += page["items"]

    assert whole == found
    day = whole[0]["day"]
    assert [each for each in whole if each["day"] == day] == get(
        world.admin, "/v1/reads", day=day
    ).json()["items"]
    assert [] == get(world.admin, "/v1/reads", day="2020-01-01").json()["items"]
    assert ["day"] == wrong_fields(world.admin.get("/v1/reads", params={"day": "yesterday"}))
    assert ["cursor"] == wrong_fields(world.admin.get("/v1/reads", params={"cursor": "x"}))
    problem(world.admin.get("/v1/reads", params={"reader": "person/1"}), 404)
    problem(world.rosa.get("/v1/reads"), 403)
    token = world.admin.headers["authorization"].removeprefix("Bearer ")
    away = {"AIRLEDGER_URL": world.server.url, "AIRLEDGER_TOKEN": token}
    for env in ({}, away):
        listed = world.host.run("reads", "--day", day, "--reader", "Rosa", "--json", env=env)
        rosa = [each for each in whole if each["reader"] == "Rosa"]
        assert rosa == listed.json["items"]
    assert f"Rosa\tincident\t{world.restricted}" in world.host.done("reads", "--day", day).text


def test_the_hosts_own_command_line_is_not_on_record(world: World) -> None:
    before = get(world.admin, "/v1/reads").json()

    assert TITLE in world.host.done("incident", "show", world.restricted).text
    assert TITLE in world.host.done("incidents", "--format", "csv").text

    assert before == get(world.admin, "/v1/reads").json()


def test_what_cannot_be_noted_is_not_shown(world: World) -> None:
    def fails(kind: ReadKind, subject: str) -> None:
        raise Unavailable(f"{kind} {subject} cannot be noted.")

    with closing(open_ledger(settings_of(world.server.data_dir), roles=())) as opened:
        ledger = opened.read_by(Reader("person/1", lambda: None, fails))
        assert incident(ledger, world.other).title
        for read in (
            lambda: incident(ledger, world.restricted),
            lambda: timeline(ledger, world.restricted),
            lambda: register(ledger, IncidentFilters()),
            lambda: texts_as_read(ledger, ids_named(ledger.store)),
        ):
            with pytest.raises(Unavailable, match="cannot be noted"):
                read()
