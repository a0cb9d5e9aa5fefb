"""A server asks a real Prometheus by itself; another one that is away is a gap and is said."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.readers.questions import questions_of
from ledger.policy import parse_policy, shipped
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_token, client
from tests.harness.homes import environment
from tests.harness.process import until
from tests.harness.recorded_prometheus import RecordedPrometheus, recorded
from tests.unit.cli.processes import Airledger

SECRET = "canarysecret"
QUERY = "avg_over_time(llm_p95{system='$system'}[$interval])".replace("'", '"')
POLICY = f"""{shipped()}
[slos.latency.prometheus]
reader = "prod"
query = '''{QUERY}'''
n_query = '''count_over_time(llm_p95{{system="$system"}}[$interval])'''
systems = ["chat", "nobody"]
interval = "PT1M"

[slos.availability.prometheus]
reader = "away"
query = "up"
systems = ["chat"]
"""


class World(NamedTuple):
    """A server that asks two readers, and the one of them that is there."""

    server: Server
    prometheus: RecordedPrometheus
    api: httpx.Client
    browser: httpx.Client
    host: Airledger

    def items(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(path).raise_for_status().json()["items"]
        return found


def samples() -> str:
    """A value that rises, every 10 seconds of two hours of which one is to come."""
    begun = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    lines = (
        f'llm_p95{{system="chat"}} {1 + number / 1000} {begun + number * 10}\n'
        for number in range(720)
    )
    return "".join(("# TYPE llm_p95 gauge\n", *lines))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root = add_token(data, "root", Scope.ADMIN)
    with ExitStack() as opened:
        prometheus = opened.enter_context(recorded(tmp_path / "prometheus", samples()))
        readers = [
            {"name": "prod", "url": prometheus.url, "token": SECRET},
            {"name": "away", "url": "http://127.0.0.1:9"},
        ]
        env = {"AIRLEDGER_READERS": json.dumps(readers)}
        server = opened.enter_context(Server(data, env=env))
        api = opened.enter_context(client(server, root))
        assert api.post("/v1/policy", json={"text": POLICY, "reason": "Ask"}).is_success
        browser = opened.enter_context(logged_in(server, root))
        host = opened.enter_context(Airledger(data, {**environment(data), **env}))
        yield World(server, prometheus, api, browser, host)


def test_values_no_data_and_gaps_are_recorded_and_shown(world: World) -> None:
    def gap() -> list[Any]:
        reading.settled(world.api)
        found: list[Any] = world.api.get("/v1/coverage").raise_for_status().json()["readers"]
        return found

    until(lambda: bool(world.items("/v1/measurements")), "a value is recorded", within=30)
    value = world.items("/v1/measurements")[-1]
    at = datetime.fromisoformat(value["until"])
    [chat, _] = (each for each in questions_of(parse_policy(POLICY)) if each.reader == "prod")
    [said] = world.prometheus.instant(chat.query, at)
    [count] = world.prometheus.instant(chat.n_query or "", at)
    assert (float(said["value"][1]), int(count["value"][1])) == (value["value"], value["n"])
    assert ("chat", "p95", 0) == (value["system"], value["metric"], at.second)

    until(lambda: bool(world.items("/v1/readings")), "no data is recorded", within=30)
    none = world.items("/v1/readings")[-1]
    assert ("nobody", "empty", "latency") == (none["system"], none["reason"], none["objective"])
    until(lambda: bool(gap()), "the gap is recorded", within=30)
    [away] = gap()
    assert ("away", "unreachable", None) == (
        *(away["reader"], away["gaps"][0]["why"]),
        away["gaps"][0]["until"],
    )
    assert "The reader could not be reached" in world.browser.get("/coverage").text
    assert "away" in world.host.done("coverage").text
    assert "The answer was empty" in world.browser.get("/readings").text

    loops = world.api.get("/health/ready").json()["loops"]
    [loop] = [each for each in loops if each["name"] == "readers"]
    assert "degraded" == loop["state"]
    assert "away: the connection was refused" in loop["reason"]
    metrics = world.api.get("/metrics").text
    for outcome in (
        '{outcome="taken",reader="prod"}',
        '{outcome="no_data",reader="prod"}',
        '{outcome="unreachable",reader="away"}',
    ):
        assert f"airledger_reader_asked_total{outcome}" in metrics
    assert SECRET not in world.server.log


def test_the_host_lists_what_is_asked_and_tries_it_without_recording(world: World) -> None:
    rows = world.host.done("reader", "list", "--json").json["items"]
    assert {("prod", "chat"), ("prod", "nobody"), ("away", "chat")} == {
        (each["reader"], each["system"]) for each in rows
    }
    until(lambda: bool(world.items("/v1/measurements")), "a value is recorded", within=30)
    before = len(reading.events(world.api, type="metric.measured.v1"))
    past = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
    tried = world.host.run("reader", "ask", "prod", "--at", past)
    assert 1 == tried.status, tried.text  # one of the systems has no data
    assert "no data: the answer was empty" in tried.text
    assert "chat" in tried.text
    away = world.host.run("reader", "ask", "away")
    assert (1, True) == (away.status, "cannot be reached: the connection was refused" in away.text)
    unknown = world.host.run("reader", "ask", "other")
    assert "The settings have no reader 'other'" in unknown.err
    found = [
        each for each in reading.events(world.api, type="metric.measured.v1") if each["time"] < past
    ]
    assert [] == found
    assert before >= 1
    assert SECRET not in world.host.done("config", "show").text
