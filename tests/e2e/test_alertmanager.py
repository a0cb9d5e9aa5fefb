"""A real Alertmanager before a real server: the ledger holds what was told, no more, no less."""

import hmac
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import reading
from tests.e2e.alerting import SOURCE, World, assert_recorded, episodes_of, started, system_of
from tests.e2e.reading import FIRED, RESOLVED, time_of
from tests.harness import scenarios
from tests.harness.alertmanager import Alertmanager, peers
from tests.harness.homes import store_of
from tests.harness.played import HARMFUL, Episode, Played, harmful, node_down, now
from tests.harness.prometheus import Prometheus
from tests.harness.recorder import Recorder

pytestmark = [pytest.mark.component("alertmanager"), pytest.mark.slow]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for the tests that leave it running, each with systems of its own."""
    with started(tmp_path_factory.mktemp("ledger") / "data") as world:
        yield world


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """A server that the test may kill."""
    with started(tmp_path / "data") as world:
        yield world


Play = Callable[[Alertmanager, Recorder], Played]


@pytest.mark.parametrize(
    ("play", "receiver"),
    [
        pytest.param(scenarios.fired, {}, id="fires"),
        pytest.param(scenarios.partly_resolved, {}, id="partly resolved"),
        pytest.param(scenarios.all_resolved, {}, id="all resolved"),
        pytest.param(
            scenarios.repeated,
            {"group_interval": "200ms", "repeat_interval": "400ms"},
            id="repeated",
        ),
        pytest.param(scenarios.refired, {}, id="fires again"),
        pytest.param(scenarios.storm, {"group_wait": "3s"}, id="a storm of 300"),
        pytest.param(scenarios.flapped, {"group_interval": "2s"}, id="flaps"),
        pytest.param(scenarios.start_moved, {}, id="its start moves"),
        pytest.param(scenarios.forgotten, {}, id="its end is never told"),
        pytest.param(scenarios.receiver_refused, {}, id="told late"),
    ],
)
def test_the_ledger_holds_each_episode_once_and_one_incident(
    world: World, tmp_path: Path, play: Play, receiver: dict[str, Any]
) -> None:
    with Alertmanager(tmp_path, replace(world.receiver(), **receiver)) as alertmanager:
        played = play(alertmanager, world.tap)
    assert_recorded(world, played)


def test_a_storm_cut_by_the_sender_is_recorded_with_what_is_missing(
    world: World, tmp_path: Path
) -> None:
    receiver = replace(world.receiver(), group_wait="3s", max_alerts=5)
    with Alertmanager(tmp_path, receiver) as alertmanager:
        since = world.tap.mark
        alertmanager.post(*(node_down("cut", node, now()) for node in range(8)))
        world.tap.until(lambda came: any(d.accepted for d in came), "one body", since=since)
    (incident,) = reading.incidents(world.api, system="cut")
    assert 5 == len(incident["alerts"])
    (cut,) = reading.events(world.api, type="source.alerts_truncated.v1")
    assert (SOURCE, 3) == (cut["data"]["source"], cut["data"]["missing"])
    [source] = world.api.get("/v1/coverage").raise_for_status().json()["sources"]
    assert [("alerts_left_out", None)] == [(each["why"], each["until"]) for each in source["gaps"]]


def test_peers_that_both_tell_make_one_episode(world: World, tmp_path: Path) -> None:
    with peers(tmp_path, world.receiver(), gossip=False) as pair:
        played = scenarios.told_by_both(pair, world.tap)
    assert {peer.external_url for peer in pair} == {d.sender for d in played.accepted}
    assert_recorded(world, played)


def test_a_copy_that_arrives_after_the_end_opens_nothing(world: World, tmp_path: Path) -> None:
    with peers(tmp_path, world.receiver(), gossip=False, peer_timeout="2s") as pair:
        played = scenarios.late_copy(pair, world.tap)
    assert ["firing", "resolved"] * 2 == [d.payload["status"] for d in played.accepted]
    assert_recorded(world, played)


@pytest.mark.component("prometheus")
def test_a_stall_of_prometheus_makes_a_second_episode_from_its_arrival_on(
    world: World, tmp_path: Path
) -> None:
    with (
        Alertmanager(tmp_path / "am", world.receiver()) as alertmanager,
        Prometheus(tmp_path / "prometheus", HARMFUL, alertmanagers=[alertmanager.url]) as source,
    ):
        played = scenarios.stalled(source, world.tap)
    first, second = played.episodes
    assert first.fired_at == second.fired_at
    assert first.resolved_at is not None
    history = reading.alert_history(world.api, SOURCE, first.alert.fingerprint)
    came = played.accepted[-1].at
    (fired, resolved, again) = episodes_of(history)
    assert [(FIRED, first.fired_at), (RESOLVED, first.resolved_at)] == [fired, resolved]
    assert FIRED == again[0]
    assert first.resolved_at < came <= again[1]
    assert again[1] == time_of(history[2]["data"]["arrived_at"])
    (incident,) = reading.incidents(world.api, system=system_of(played))
    assert first.fired_at == time_of(incident["detected_at"])
    assert ("open", "ongoing") == (incident["status"], incident["impact"])
    happened = reading.types(reading.events(world.api, subject=f"incident/{incident['id']}"))
    assert [
        "incident.detected.v1",
        "incident.alert_linked.v1",
        "incident.alert_resolved.v1",
        "incident.alert_linked.v1",
    ] == happened


SCRIPTS = {
    "greek": "Ρυθμός επιβλαβών εξόδων",
    "arabic": "معدل المخرجات الضارة",
    "han": "有害输出率 — 有害な出力",
    "hangul": "유해 출력률",
    "devanagari": "हानिकारक आउटपुट",
    "astral": "alert 🚨 𠜎 👩‍🚒",
    "marks": "Zalgo: é̶̢ \u202eright to left\u202c \ufeff",
    "quotes": '"quoted" \\ back \t tab \n line <script>alert(1)</script>',
}


def test_texts_of_every_script_are_recorded_as_they_were_told(world: World, tmp_path: Path) -> None:
    labels = {"alertname": "Scripts", "system": "scripts-有害", "severity": "critical", **SCRIPTS}
    with Alertmanager(tmp_path, world.receiver()) as alertmanager:
        alert = alertmanager.fire(labels, SCRIPTS)
        world.tap.heard([alert.fingerprint], "firing")
    (fired,) = reading.alert_history(world.api, SOURCE, alert.fingerprint)
    assert labels == fired["data"]["alert"]["labels"]
    assert SCRIPTS == reading.annotations(world.api, fired["data"]["alert"])
    (incident,) = reading.incidents(world.api, system="scripts-有害")
    assert "Scripts" == incident["title"]


def test_an_annotation_too_long_for_an_event_is_shortened_and_its_body_kept(
    world: World, tmp_path: Path
) -> None:
    long = "Слово " * 10_000
    assert len(long.encode()) > 100_000
    with Alertmanager(tmp_path, world.receiver()) as alertmanager:
        since = world.tap.mark
        alert = alertmanager.fire(
            {"alertname": "Long", "system": "long", "severity": "critical"},
            {"summary": "short", "description": long},
        )
        (delivery,) = world.tap.heard([alert.fingerprint], "firing", since=since)
    (fired,) = reading.alert_history(world.api, SOURCE, alert.fingerprint)
    told = fired["data"]["alert"]
    assert ["annotations.description"] == told["shortened"]
    said = reading.annotations(world.api, told)
    assert "short" == said["summary"]
    assert long.startswith(said["description"].removesuffix("…"))
    key = b64decode(reading.kept_text(world.api, told["annotations_text"])["key"])
    with closing(store_of(world.server.data_dir)) as store:
        bodies = store.quarantine.bodies("", 100)
    keyed = {
        f"hmac:{hmac.digest(key, each.digest.encode(), 'sha256').hex()}": each for each in bodies
    }
    body = keyed[fired["bodydigest"]]
    assert (delivery.body, len(delivery.body)) == (body.content, body.size)
    assert 1 == len(reading.incidents(world.api, system="long"))


def test_a_server_killed_between_all_steps_goes_on_where_it_was(
    own_world: World, tmp_path: Path
) -> None:
    world = own_world
    system = "killed"
    with Alertmanager(tmp_path / "am", world.receiver()) as alertmanager:
        alerts = [node_down(system, node, now()) for node in range(3)]
        alertmanager.post(*alerts)
        world.tap.heard([a.fingerprint for a in alerts], "firing")
        world.server.restart()
        ended = alertmanager.resolve(alerts[0])
        world.tap.heard([alerts[0].fingerprint], "resolved")
        world.server.restart()
        since = world.tap.mark
        again = node_down(system, 0, now())
        alertmanager.post(again)
        world.tap.heard([again.fingerprint], "firing", since=since)
    first = Episode(alert=alerts[0], fired_at=alerts[0].starts_at or ended, resolved_at=ended)
    others = [Episode(alert=a, fired_at=a.starts_at or ended) for a in (*alerts[1:], again)]
    assert_recorded(world, Played(episodes=(first, *others), deliveries=()))


def test_what_is_told_while_the_server_is_down_arrives_when_it_is_back(
    own_world: World, tmp_path: Path
) -> None:
    world = own_world
    with Alertmanager(tmp_path / "am", world.receiver()) as alertmanager:
        before = scenarios.grouped(alertmanager, world.tap, system="before", count=2)
        world.server.kill()
        failed = alertmanager.failed_requests()
        ended = alertmanager.resolve(before.episodes[0].alert)
        meanwhile = harmful("meanwhile", now())
        alertmanager.post(meanwhile)
        alertmanager.until_failed(more_than=failed + 1)
        world.server.start()
        world.tap.heard([before.episodes[0].alert.fingerprint], "resolved")
        world.tap.heard([meanwhile.fingerprint], "firing")
    first, second = before.episodes
    first = replace(first, resolved_at=ended)
    assert_recorded(world, Played(episodes=(first, second), deliveries=()))
    later = Episode(alert=meanwhile, fired_at=meanwhile.starts_at or ended)
    assert_recorded(world, Played(episodes=(later,), deliveries=()))
