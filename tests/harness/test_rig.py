"""The rig does what its scenarios say, seen by a receiver that records."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.harness import scenarios
from tests.harness.alertmanager import Alertmanager, peers
from tests.harness.played import HARMFUL, Played, harmful, node_down, now
from tests.harness.process import until
from tests.harness.prometheus import Prometheus
from tests.harness.recorder import Delivery, Recorder
from tests.harness.routing import Receiver

TOKEN = "t" * 32


@pytest.fixture
def tap() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def alertmanager(tmp_path: Path, tap: Recorder) -> Iterator[Alertmanager]:
    with Alertmanager(tmp_path, Receiver(url=tap.url, token=TOKEN)) as started:
        yield started


def statuses(delivery: Delivery) -> dict[str, int]:
    return Counter(delivery.statuses.values())


def test_an_alert_arrives_with_its_start_its_fingerprint_and_the_token(
    alertmanager: Alertmanager, tap: Recorder
) -> None:
    played = scenarios.fired(alertmanager, tap)
    (delivery,) = played.deliveries
    (told,) = delivery.alerts
    (episode,) = played.episodes
    assert f"Bearer {TOKEN}" == delivery.headers["authorization"]
    assert alertmanager.external_url == delivery.sender
    assert dict(episode.alert.labels) == told["labels"]
    assert dict(episode.alert.annotations) == told["annotations"]
    assert episode.alert.fingerprint == told["fingerprint"]
    assert episode.fired_at == datetime.fromisoformat(told["startsAt"])
    assert [told["fingerprint"]] == [alert["fingerprint"] for alert in alertmanager.alerts()]


def test_alerts_of_one_group_arrive_together_and_end_one_by_one(
    alertmanager: Alertmanager, tap: Recorder
) -> None:
    played = scenarios.partly_resolved(alertmanager, tap)
    first, last = played.deliveries
    assert statuses(first) == {"firing": 3}
    assert statuses(last) == {"firing": 2, "resolved": 1}
    assert last.payload["status"] == "firing"


def test_a_group_that_ended_says_so_itself(alertmanager: Alertmanager, tap: Recorder) -> None:
    played = scenarios.all_resolved(alertmanager, tap)
    last = played.deliveries[-1]
    assert statuses(last) == {"resolved": 3}
    assert last.payload["status"] == "resolved"
    ends = {datetime.fromisoformat(alert["endsAt"]) for alert in last.alerts}
    assert {episode.resolved_at for episode in played.episodes} == ends


def test_what_does_not_change_is_repeated(tmp_path: Path, tap: Recorder) -> None:
    receiver = Receiver(url=tap.url, group_interval="200ms", repeat_interval="500ms")
    with Alertmanager(tmp_path, receiver) as alertmanager:
        played = scenarios.repeated(alertmanager, tap, times=2)
    assert len(played.deliveries) == 3
    assert len({delivery.body for delivery in played.deliveries}) == 1


def test_an_alert_fires_again_with_a_new_start(alertmanager: Alertmanager, tap: Recorder) -> None:
    played = scenarios.refired(alertmanager, tap)
    assert [d.payload["status"] for d in played.deliveries] == ["firing", "resolved", "firing"]
    first, second = played.episodes
    assert second.fired_at == datetime.fromisoformat(played.deliveries[-1].alerts[0]["startsAt"])
    assert first.fired_at < second.fired_at


def test_a_flap_ends_an_episode_whose_start_was_never_told(tmp_path: Path, tap: Recorder) -> None:
    with Alertmanager(tmp_path, Receiver(url=tap.url, group_interval="2s")) as alertmanager:
        played = scenarios.flapped(alertmanager, tap)
    firing, resolved = played.deliveries
    assert firing.alerts[0]["startsAt"] < resolved.alerts[0]["startsAt"]
    assert (firing.alerts[0]["status"], resolved.alerts[0]["status"]) == ("firing", "resolved")


def test_a_storm_of_three_hundred_is_one_body(tmp_path: Path, tap: Recorder) -> None:
    with Alertmanager(tmp_path, Receiver(url=tap.url, group_wait="3s")) as alertmanager:
        (delivery,) = scenarios.storm(alertmanager, tap).deliveries
    assert statuses(delivery) == {"firing": 300}
    assert delivery.payload["truncatedAlerts"] == 0


def test_a_storm_cut_by_the_sender_says_how_many_are_missing(tmp_path: Path, tap: Recorder) -> None:
    receiver = Receiver(url=tap.url, group_wait="3s", max_alerts=50)
    with Alertmanager(tmp_path, receiver) as alertmanager:
        alertmanager.post(*(node_down("cut", n, now()) for n in range(60)))
        (delivery,) = tap.until(bool, "one body")
    assert len(delivery.alerts) == 50
    assert delivery.payload["truncatedAlerts"] == 10


def test_peers_that_do_not_hear_each_other_both_tell(tmp_path: Path, tap: Recorder) -> None:
    with peers(tmp_path, Receiver(url=tap.url), gossip=False) as pair:
        played = scenarios.told_by_both(pair, tap)
    told = Counter((d.sender, d.payload["status"]) for d in played.deliveries)
    assert told == {(p.external_url, s): 1 for p in pair for s in ("firing", "resolved")}


def test_peers_that_hear_each_other_tell_once(tmp_path: Path, tap: Recorder) -> None:
    with peers(tmp_path, Receiver(url=tap.url), peer_timeout="2s") as pair:
        for peer in pair:
            peer.post(harmful("heard", now()))
        # a group's second flush begins when the first is over, sent or not
        until(lambda: all(peer.flushes("heard") >= 2 for peer in pair), "both flush twice")
    assert len(tap.deliveries) == 1


def test_a_copy_arrives_after_the_end(tmp_path: Path, tap: Recorder) -> None:
    receiver = Receiver(url=tap.url)
    with peers(tmp_path, receiver, gossip=False, peer_timeout="2s") as pair:
        played = scenarios.late_copy(pair, tap)
    told = [(d.sender, d.payload["status"]) for d in played.deliveries]
    first, second = told[0][0], told[2][0]
    assert first != second
    assert told == [(s, t) for s in (first, second) for t in ("firing", "resolved")]


def test_a_killed_alertmanager_never_tells_the_end(
    alertmanager: Alertmanager, tap: Recorder
) -> None:
    played = scenarios.forgotten(alertmanager, tap)
    gone, later = (episode.alert.fingerprint for episode in played.episodes)
    assert [d.statuses for d in played.deliveries] == [{gone: "firing"}, {later: "firing"}]


def test_a_restarted_alertmanager_does_not_tell_again(
    alertmanager: Alertmanager, tap: Recorder
) -> None:
    played = scenarios.restarted(alertmanager, tap)
    assert len(played.deliveries) == 1


def test_an_open_alert_is_told_again_with_a_later_start(
    alertmanager: Alertmanager, tap: Recorder
) -> None:
    before, after = scenarios.start_moved(alertmanager, tap).deliveries
    assert before.statuses == after.statuses
    assert before.alerts[0]["startsAt"] < after.alerts[0]["startsAt"]


def test_a_stall_of_prometheus_resolves_and_fires_with_the_same_start(
    alertmanager: Alertmanager, tap: Recorder, tmp_path: Path
) -> None:
    with Prometheus(
        tmp_path / "prometheus", HARMFUL, alertmanagers=[alertmanager.url]
    ) as prometheus:
        played = scenarios.stalled(prometheus, tap)
    first, second = played.episodes
    assert first.fired_at == second.fired_at
    assert first.resolved_at is not None
    assert second.resolved_at is None


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(scenarios.receiver_refused, id="refuses"),
        pytest.param(scenarios.receiver_hung, id="hangs"),
        pytest.param(lambda am, tap: scenarios.receiver_answered(am, tap, 503), id="503"),
        pytest.param(lambda am, tap: scenarios.receiver_answered(am, tap, 429), id="429"),
    ],
)
def test_what_a_receiver_missed_arrives_later(
    play: Callable[[Alertmanager, Recorder], Played],
    alertmanager: Alertmanager,
    tap: Recorder,
) -> None:
    played = play(alertmanager, tap)
    (episode,) = played.episodes
    (delivery,) = played.accepted
    assert {episode.alert.fingerprint: "firing"} == delivery.statuses


def test_a_tap_passes_on_the_body_and_the_token_and_answers_as_told(
    tmp_path: Path, tap: Recorder
) -> None:
    with (
        Recorder(forward=tap.url) as front,
        Alertmanager(tmp_path, Receiver(url=front.url, token=TOKEN)) as alertmanager,
    ):
        with tap.answering(503):
            alertmanager.post(harmful("tapped", now()))
            front.until(lambda came: came[-1:] != () and came[-1].answer == 503, "a 503")
        front.until(lambda came: came[-1].accepted, "an accepted one")
    assert [d.body for d in front.deliveries] == [d.body for d in tap.deliveries]
    assert {f"Bearer {TOKEN}"} == {d.headers["authorization"] for d in tap.deliveries}
    assert all(one.at <= two.at for one, two in pairwise(front.deliveries))
