"""Who is told of what by the policy in force: over HTTP, by command and as a page."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Notice, Scope
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_token, client
from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger
from tests.unit.reactor.test_told_of_listening import listening

SILENT = "Tells chat-team at once. Only where the source tells of chat."


class World(NamedTuple):
    """A server under a policy that tells of sources and the quarantine."""

    api: httpx.Client
    browser: httpx.Client
    host: Airledger
    away: Airledger


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root, reader = add_token(data, "root", Scope.ADMIN), add_token(data, "reader", Scope.READ)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        with client(server, root) as admin:
            adopted = {"text": listening(), "reason": "Listen"}
            assert admin.post("/v1/policy", json=adopted).is_success
        away = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": reader}
        yield World(
            opened.enter_context(client(server, reader)),
            opened.enter_context(logged_in(server, reader)),
            opened.enter_context(Airledger(data, environment(data))),
            opened.enter_context(Airledger(tmp_path / "away", away)),
        )


def test_the_rules_of_each_notice_are_the_same_in_every_place(world: World) -> None:
    items = world.api.get("/v1/notify/rules").raise_for_status().json()["items"]
    assert list(Notice) == [each["notice"] for each in items]
    told = {each["notice"]: [of["rule"] for of in each["rules"]] for each in items}
    assert ["listening", "chat"] == told["source_silent"]
    assert [] == told["incident_opened"]
    assert items == world.host.done("notify", "rules", "--json").json["items"]
    page = world.browser.get("/policy").text
    printed = " ".join(world.away.done("notify", "rules").text.split())
    for said in (SILENT, "No rule tells of it."):
        assert said in page
        assert said in printed
    assert all(each.label in page for each in Notice)


def test_on_the_host_people_are_told_from_an_earlier_leaf(world: World) -> None:
    begun = world.host.done("notify", "start", "--from", "1", "--json").json
    assert begun["from"] == 1 < begun["before"]
    again = world.host.run("notify", "start", "--from", "5000")
    assert "(rule: tells_from_later)" in again.err
    away = world.away.run("notify", "start", "--from", "0")
    assert "works on the files and the store of the ledger's host" in away.err
