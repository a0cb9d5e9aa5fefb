"""The Watchdog of a real Alertmanager: while it comes, its source works; when it stops, people are
told, and the gap is on record with both ends.

It takes the shortest time after which a source may be silent, a minute.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.policy.times import time_text
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.reading import Json, time_of
from tests.e2e.server import Server, add_source, add_token, client
from tests.harness.alertmanager import Alertmanager
from tests.harness.process import until
from tests.harness.receiver import Receiver as Told
from tests.harness.receiver import receiver
from tests.harness.recorder import Recorder
from tests.harness.routing import Receiver
from tests.unit.reactor.test_told_of_listening import listening

pytestmark = [
    pytest.mark.component("alertmanager"),
    pytest.mark.slow,
    pytest.mark.only_on(
        "sqlite", "silence takes a minute; tests of the reactor find it on both stores"
    ),
]

SOURCE = "main"
LEAST = timedelta(minutes=1)
CHANNELS = ("ops", "chat-team")
WATCHDOG = {"alertname": "Watchdog", "severity": "critical", "system": "chat"}
POLICY = listening().replace('alertmanager = "PT15M"', 'alertmanager = "PT1M"')


class World(NamedTuple):
    """A server with a source, what passes webhooks on to it, and who is told of its notices."""

    server: Server
    api: httpx.Client
    browser: httpx.Client
    tap: Recorder
    token: str
    told: Told

    def receiver(self) -> Receiver:
        """Where an Alertmanager sends its Watchdog, again and again."""
        return Receiver(
            url=self.tap.url, token=self.token, group_interval="1s", repeat_interval="2s"
        )

    def of_type(self, name: str) -> list[Json]:
        return reading.events(self.api, type=name)

    def source(self) -> Json:
        """Its coverage of this month."""
        reading.settled(self.api)
        [found] = self.api.get("/v1/coverage").raise_for_status().json()["sources"]
        return dict(found)

    def texts(self) -> set[str]:
        return {json.loads(each.body)["data"]["text"] for each in self.told.got}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root, token = add_token(data, "root", Scope.ADMIN), add_source(data, SOURCE)
    with ExitStack() as opened:
        told = opened.enter_context(receiver())
        channel = {"kind": "webhook", "url": told.url, "secret": "secret"}
        env = {"AIRLEDGER_NOTIFY__CHANNELS": json.dumps(dict.fromkeys(CHANNELS, channel))}
        server = opened.enter_context(Server(data, env=env))
        api = opened.enter_context(client(server, root))
        assert api.post("/v1/policy", json={"text": POLICY, "reason": "Listen"}).is_success
        tap = Recorder(forward=f"{server.url}/v1/signals/alertmanager")
        yield World(
            server,
            api,
            opened.enter_context(logged_in(server, root)),
            opened.enter_context(tap),
            token,
            told,
        )


def test_a_watchdog_that_stops_is_a_gap_with_both_ends(world: World, tmp_path: Path) -> None:
    with Alertmanager(tmp_path / "alertmanager", world.receiver()) as alertmanager:
        watchdog = alertmanager.fire(WATCHDOG)
        world.tap.until(lambda came: len([each for each in came if each.accepted]) > 2, "it comes")
        assert {watchdog.fingerprint} == {
            alert["fingerprint"] for each in world.tap.deliveries for alert in each.alerts
        }
        alertmanager.kill()
        stopped = world.tap.deliveries[-1].at

        until(lambda: bool(world.of_type("source.silent.v1")), "it is silent", within=90)
        [silent] = world.of_type("source.silent.v1")
        since = time_of(silent["data"]["since"])
        assert timedelta() <= stopped - since <= timedelta(seconds=20)  # exact to 15 s
        assert since + LEAST == time_of(silent["time"])
        [gap] = world.source()["gaps"]
        assert ("silent", None) == (gap["why"], gap["until"])
        assert 1 == reading.metric(world.api, "airledger_sources_silent")
        assert "1 source is silent" in world.browser.get("/").text
        until(lambda: 2 == len(world.told.got), "both channels are told")

        alertmanager.start()
        alertmanager.fire(WATCHDOG)
        until(lambda: bool(world.of_type("source.heard.v1")), "it is heard again", within=20)

    [heard] = world.of_type("source.heard.v1")
    assert silent["data"]["since"] == heard["data"]["silent_since"]
    until(lambda: 3 == len(world.told.got), "it is told that it is heard again")
    minute = f"{since:%Y-%m-%d %H:%M} UTC"
    silence, again = sorted(world.texts(), key=len)
    assert f"Source {SOURCE} is silent since {minute}" == silence
    assert again.startswith(f"Source {SOURCE} is heard again: it was silent from {minute} to ")

    found = world.source()
    [gap] = found["gaps"]
    until_text = time_text(datetime.fromisoformat(heard["data"]["heard_at"]))
    assert ("silent", time_text(since), until_text) == (gap["why"], gap["since"], gap["until"])
    assert LEAST < time_of(gap["until"]) - since
    assert 0 < found["heard_share"] < 1
    assert 0 == reading.metric(world.api, "airledger_sources_silent")
    assert "silent" not in world.browser.get("/").text
    assert "The source was silent" in world.browser.get("/coverage").text

    assert [] == reading.incidents(world.api)
    fired = world.of_type("alert.fired.v1")
    assert {"heartbeat"} == {each["data"]["rule"] for each in fired}
    assert 1 == len(world.of_type("source.silent.v1"))
    reading.verified(world.server.data_dir)
