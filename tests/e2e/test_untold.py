"""Open incidents that nobody was told of are listed, those given up are on the first page."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_token, client
from tests.e2e.test_notifications import World, channels
from tests.harness.homes import environment
from tests.harness.process import until
from tests.harness.receiver import receiver
from tests.unit.cli.processes import Airledger
from tests.unit.policy.rules import telling

GIVEN_UP_SOON = telling("risk-manager").replace(
    'give_up_after = "P1D"', 'give_up_after = "PT1S"', 1
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server whose policy tells nobody yet."""
    data = tmp_path / "data"
    root = add_token(data, "root", Scope.ADMIN)
    with ExitStack() as opened:
        told = opened.enter_context(receiver())
        env = channels(told)
        server = opened.enter_context(Server(data, env=env))
        api = opened.enter_context(client(server, root))
        yield World(
            server,
            told,
            api,
            opened.enter_context(logged_in(server, root)),
            api,
            opened.enter_context(Airledger(data, {**environment(data), **env})),
        )


def adopt(world: World, text: str) -> None:
    assert world.api.post("/v1/policy", json={"text": text, "reason": "Tell"}).is_success


def untold(world: World) -> list[str]:
    reading.settled(world.api)
    items = world.api.get("/v1/deliveries/untold").raise_for_status().json()["items"]
    return [each["reference"] for each in items]


def test_what_was_open_before_the_rule_is_listed_and_sent_to_nobody(world: World) -> None:
    before, closed = world.report("Before"), world.report("Dismissed")
    world.report("Harmless", severity="low")
    unknown = world.api.post("/v1/incidents", json={"title": "Unclear", "system": "chat"}).json()
    dismissed = {"reason": "A false alarm"}
    assert world.api.post(f"/v1/incidents/{closed}/dismiss", json=dismissed).is_success
    assert [] == untold(world)
    assert "untold" not in world.browser.get("/deliveries").text.partition("</h1>")[2]

    adopt(world, telling("risk-manager"))
    after = world.report("After")
    until(lambda: bool(world.about(after)), "what is opened from now on is told")
    until(lambda: len(untold(world)) == 2, "what is told of is not untold")

    assert {before, unknown["reference"]} == set(untold(world))
    assert untold(world) == [
        each["reference"]
        for each in world.api.get("/v1/incidents?untold=true").raise_for_status().json()["items"]
    ]
    others = world.api.get("/v1/incidents?untold=false").raise_for_status().json()["items"]
    assert 3 == len(others)
    assert 2 == len(json.loads(world.host.done("deliveries", "--untold", "--json").text)["items"])
    assert before in world.host.done("incidents", "--untold").text
    assert 2 == world.host.run("deliveries", "--untold", "--channel", "x").status
    assert "2 open incidents are untold</a>" in world.browser.get("/deliveries").text
    page = world.browser.get("/?untold=true").raise_for_status().text
    assert (True, False) == (f"/incidents/{before}" in page, f"/incidents/{after}" in page)
    world.server.restart()
    [line] = [each for each in world.server.log.splitlines() if "open_and_untold" in each]
    assert 2 == json.loads(line)["incidents"]
    until(lambda: bool(world.deliveries(status="delivered")), "the server is at work again")
    assert {after} == {json.loads(each.body)["data"]["reference"] for each in world.told.got}


def test_what_reached_nobody_is_on_the_first_page_and_counted(world: World) -> None:
    adopt(world, GIVEN_UP_SOON)
    world.told.answer = lambda _: 503
    ref = world.report()
    until(lambda: bool(world.deliveries(status="given_up")), "it is given up", within=30)
    assert "1 notification about open incidents reached nobody" in world.browser.get("/").text
    assert metric(world.api, 'deliveries{status="given_up"}') == 1
    assert metric(world.api, 'deliveries{status="waiting"}') == 0
    assert metric(world.api, "delivery_oldest_age_seconds") == 0
    dismissed = {"reason": "A false alarm"}
    assert world.api.post(f"/v1/incidents/{ref}/dismiss", json=dismissed).is_success
    reading.settled(world.api)
    assert "reached nobody" not in world.browser.get("/").text


def test_what_fails_is_counted_with_its_age(world: World) -> None:
    adopt(world, telling("risk-manager"))
    world.told.answer = lambda _: 503
    world.report()
    until(lambda: metric(world.api, 'deliveries{status="failing"}') == 1, "it fails", within=30)
    assert metric(world.api, "delivery_oldest_age_seconds") > 0


def test_what_is_held_back_is_not_late(world: World) -> None:
    adopt(world, telling("risk-manager", 'digest = "00:00"\n'))
    world.report()
    until(lambda: metric(world.api, 'deliveries{status="waiting"}') == 1, "it waits", within=30)
    assert metric(world.api, "delivery_oldest_age_seconds") == 0
    [row] = world.deliveries(status="waiting")
    assert row["due_at"] > row["requested_at"]


def metric(api: httpx.Client, name: str) -> float:
    lines = api.get("/metrics").raise_for_status().text.splitlines()
    [value] = [each.rpartition(" ")[2] for each in lines if each.startswith(f"airledger_{name} ")]
    return float(value)
