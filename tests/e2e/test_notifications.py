"""People are told of what happens: signed, once for a receiver that honours the key, never none."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_source, add_token, client
from tests.harness.homes import environment
from tests.harness.process import until
from tests.harness.receiver import Got, Receiver, receiver
from tests.unit.cli.processes import Airledger
from tests.unit.policy.rules import telling

Json = dict[str, Any]
SECRET = "canarysecret-of-the-channel"
POLICY = telling("risk-manager")
TITLE = "Answers <b>leak</b>\r\nBcc: all@example.org \x1b[31m@everyone"


class World(NamedTuple):
    """A server that tells a receiver; an operator and his browser, a source, the command line."""

    server: Server
    told: Receiver
    api: httpx.Client
    browser: httpx.Client
    source: httpx.Client
    host: Airledger

    def report(self, title: str = "It broke", **fields: str) -> str:
        body = {"title": title, "system": "chat", "severity": "critical", **fields}
        answer = self.api.post("/v1/incidents", json=body).raise_for_status()
        return str(answer.json()["reference"])

    def about(self, ref: str) -> list[Got]:
        """What the receiver got about an incident."""
        return [each for each in self.told.got if data_of(each)["reference"] == ref]

    def deliveries(self, **filters: str) -> list[Json]:
        reading.settled(self.api)
        answer = self.api.get("/v1/deliveries", params=filters).raise_for_status()
        return list(answer.json()["items"])


def data_of(got: Got) -> Json:
    return dict(json.loads(got.body)["data"])


def channels(told: Receiver) -> dict[str, str]:
    """The settings of a server that has this channel."""
    channel = {"risk-manager": {"kind": "webhook", "url": told.url, "secret": SECRET}}
    return {
        "AIRLEDGER_NOTIFY__CHANNELS": json.dumps(channel),
        "AIRLEDGER_HTTP__PUBLIC_URL": "http://ledger.example",
    }


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root = add_token(data, "root", Scope.ADMIN)
    native = add_source(data, "native", kind=SourceKind.NATIVE)
    with ExitStack() as opened:
        told = opened.enter_context(receiver())
        env = channels(told)
        server = opened.enter_context(Server(data, env=env))
        api = opened.enter_context(client(server, root))
        assert api.post("/v1/policy", json={"text": POLICY, "reason": "Tell"}).is_success
        yield World(
            server,
            told,
            api,
            opened.enter_context(logged_in(server, root)),
            opened.enter_context(client(server, native)),
            opened.enter_context(Airledger(data, {**environment(data), **env})),
        )


def test_an_incident_is_told_signed_and_on_record(world: World) -> None:
    ref = world.report(TITLE)
    until(lambda: bool(world.about(ref)), "the receiver is told")
    [got] = world.about(ref)
    event = json.loads(got.body)
    assert "airledger.notice.incident_opened" == event["type"]
    assert {"system": "chat", "severity": "critical", "reference": ref}.items() <= (
        event["data"].items()
    )
    assert f"{ref} incident opened (Critical, chat)" == event["data"]["text"]
    assert not {"\r", "\n", "\x1b"} & set(event["data"]["title"])
    assert event["data"]["link"].startswith("http://ledger.example/incidents/")
    key, at = got.headers["webhook-id"], got.headers["webhook-timestamp"]
    content = b".".join((key.encode(), at.encode(), got.body))
    signature = b64encode(hmac.digest(SECRET.encode(), content, "sha256")).decode()
    assert f"v1,{signature}" == got.headers["webhook-signature"]
    assert f'"{key}"' == got.headers["idempotency-key"]

    def notified() -> bool:
        events = reading.events(world.api, subject=f"incident/{ref}")
        return "incident.risk_manager_notified.v1" in reading.types(events)

    until(notified, "the Risk Manager's step is on record")
    [row] = [each for each in world.deliveries() if each["status"] == "delivered"]
    assert ("incident_opened", "risk-manager") == (row["notice"], row["channel"])
    assert "status 204" == row["said"]
    assert "Delivered" in world.browser.get("/deliveries").text
    assert "risk-manager" in world.host.done("deliveries").text
    timeline = world.api.get(f"/v1/incidents/{ref}/timeline").json()["items"]
    assert any("Risk Manager" in each["text"] for each in timeline)


def test_what_no_rule_names_is_told_to_nobody(world: World) -> None:
    world.report("Harmless", severity="low")
    ref = world.report("Severe")
    until(lambda: bool(world.about(ref)), "the severe one is told")
    assert {ref} == {data_of(each)["reference"] for each in world.told.got}


def test_a_receiver_that_fails_hangs_up_and_comes_back_is_told_once_by_its_key(
    world: World,
) -> None:
    world.told.answer = lambda number: {1: 503, 2: None, 3: 404}.get(number, 200)
    ref = world.report()
    until(lambda: len(world.about(ref)) >= 4, "it is tried until it is taken", within=60)
    until(lambda: bool(world.deliveries(status="delivered")), "it is on record")
    assert 1 == len(set(world.told.keys))
    types = [each["type"] for each in reading.events(world.api) if each["type"][:9] == "delivery."]
    assert ["delivery.requested.v1", "delivery.failed.v1", "delivery.delivered.v1"] == types


def test_a_server_that_is_killed_tells_nobody_twice_under_another_key(world: World) -> None:
    refs = [world.report(f"Number {number}") for number in range(5)]
    world.server.kill()
    world.server.restart()
    until(
        lambda: {data_of(each)["reference"] for each in world.told.got} >= set(refs),
        "all are told",
        within=200,
    )
    assert 5 == len(set(world.told.keys))


def test_the_secret_of_a_channel_is_shown_nowhere(world: World) -> None:
    world.told.answer = lambda _: 503
    world.report()
    until(lambda: bool(world.deliveries(status="failing")), "a failure is on record", within=30)
    shown = [
        json.dumps(reading.events(world.api)),
        world.server.log,
        world.browser.get("/deliveries").text,
        world.host.done("config", "show").text,
        world.host.run("notify", "test", "risk-manager").out.decode(),
        world.host.run("notify", "test", "other").err,
    ]
    assert [] == [each for each in shown if SECRET in each or world.told.url in each]


def test_a_channel_is_tried_by_hand(world: World) -> None:
    assert (
        "risk-manager took it: status 204" in world.host.done("notify", "test", "risk-manager").text
    )
    [got] = world.told.got
    assert "airledger.notice.trial" == json.loads(got.body)["type"]
    assert [] == world.deliveries()
    unknown = world.host.run("notify", "test", "nobody")
    assert 1 == unknown.status
    assert "risk-manager" in unknown.err
