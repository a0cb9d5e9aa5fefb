"""A server with an Alertmanager's webhooks in front of it, and what it should hold of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx

from ledger.domain.identity import alert_id
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.reading import FIRED, RESOLVED, Json, time_of
from tests.e2e.server import Server, add_source, add_token, client
from tests.harness.played import Episode, Played
from tests.harness.recorder import Recorder
from tests.harness.routing import Receiver

SOURCE = "alertmanager"


class World(NamedTuple):
    """A running server with a source, a reader, and what passes the source's webhooks on to it."""

    server: Server
    api: httpx.Client
    token: str
    tap: Recorder

    def receiver(self) -> Receiver:
        """Where an Alertmanager is to send."""
        return Receiver(url=self.tap.url, token=self.token)


@contextmanager
def started(data_dir: Path) -> Iterator[World]:
    with Server(data_dir) as server:
        token = add_source(data_dir, SOURCE)
        with (
            client(server, add_token(data_dir, scope=Scope.AUDIT)) as api,
            Recorder(forward=f"{server.url}/v1/signals/alertmanager") as tap,
        ):
            yield World(server, api, token, tap)


def episodes_of(history: list[Json]) -> list[tuple[str, datetime]]:
    """What happened to an alert, and when."""
    return [(event["type"], time_of(event["time"])) for event in history]


def assert_recorded(world: World, played: Played) -> Json:
    """Exactly the episodes played, in one incident of the system; returns that incident."""
    told: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for episode in played.episodes:
        told[f"alert/{alert_id(SOURCE, episode.alert.fingerprint)}"] += _events(episode)
    happened: dict[str, list[Json]] = defaultdict(list)
    for event in reading.events(world.api):
        happened[event["subject"]].append(event)
    assert told == {stream: episodes_of(happened[stream]) for stream in told}
    (incident,) = reading.incidents(world.api, system=system_of(played))
    _assert_incident(incident, happened[f"incident/{incident['id']}"], played)
    linked = world.api.get("/v1/alerts", params={"incident": incident["id"], "limit": 1_000})
    assert _alerts_of(played) == {each["id"] for each in linked.json()["items"]}
    reading.verified(world.server.data_dir)
    return incident


def _events(episode: Episode) -> Iterator[tuple[str, datetime]]:
    yield FIRED, episode.fired_at
    if episode.resolved_at is not None:
        yield RESOLVED, episode.resolved_at


def _alerts_of(played: Played) -> set[str]:
    return {str(alert_id(SOURCE, e.alert.fingerprint)) for e in played.episodes}


def _assert_incident(incident: Json, happened: list[Json], played: Played) -> None:
    alerts = _alerts_of(played)
    ends = [e.resolved_at for e in played.episodes if e.resolved_at is not None]
    linked = {"incident.alert_linked.v1": len(played.episodes)}
    resolved = {"incident.alert_resolved.v1": len(ends)} if ends else {}
    assert {"incident.detected.v1": 1, **linked, **resolved} == Counter(reading.types(happened))
    assert "incident.detected.v1" == happened[0]["type"]
    named = incident["alerts"]
    assert (len(alerts), min(len(alerts), 1_000)) == (incident["alerts_linked"], len(named))
    assert len(named) == len(alerts & set(named))
    assert time_of(incident["detected_at"]) in {e.fired_at for e in played.episodes}
    if len(ends) < len(played.episodes):
        assert ("ongoing", None) == (incident["impact"], incident["impact_ended_at"])
    else:
        assert "ended" == incident["impact"]
        assert max(ends) == time_of(incident["impact_ended_at"])


def system_of(played: Played) -> str:
    """The system whose alerts were played."""
    (system,) = {episode.alert.labels["system"] for episode in played.episodes}
    return system
