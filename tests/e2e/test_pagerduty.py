"""PagerDuty's Events API v2 at a real server, as any client of it sees it."""

import hashlib
import json
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.reading import FIRED, RESOLVED, Json
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.unit.intake.bodies import event, payload

PATH, SOURCE = "/v2/enqueue", "pagerduty"
LIMIT = 1024 * 1024
MASK = "*" * 32


class World(NamedTuple):
    """A running server, a client without a token, two routing keys and an operator."""

    server: Server
    bare: httpx.Client
    key: str
    other_key: str
    operator: httpx.Client

    def post(self, body: Json | bytes) -> httpx.Response:
        """A request with this body."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.bare.post(PATH, content=content)

    def enqueued(self, body: Json | bytes, message: str = "Event processed") -> str:
        """Sends an event that is taken; the dedup_key answered."""
        answer = self.post(body)
        assert 202 == answer.status_code, answer.text
        told = answer.json()
        assert {"status": "success", "message": message} | {"dedup_key": told["dedup_key"]} == told
        return str(told["dedup_key"])

    def send(self, action: str, key: str | None, **members: object) -> str:
        """Sends an event of the first source."""
        return self.enqueued(event(action, key, **{"routing_key": self.key, **members}))

    def history(self, key: str, source: str = SOURCE) -> list[str]:
        """What happened to an alert."""
        return reading.types(reading.alert_history(self.operator, source, key))

    def quarantined(self, body: bytes) -> list[Json]:
        """What was set aside of a body, whose digest is that of the masked one."""
        digest = hashlib.sha256(body.replace(self.key.encode(), MASK.encode())).hexdigest()
        entries = self.operator.get("/v1/quarantine").raise_for_status().json()["items"]
        return [entry for entry in entries if entry["digest"] == digest]


SET_ASIDE = "Event not understood: it is kept in quarantine, for people to look at"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all; in the end no routing key is found in anything it wrote."""
    data_dir = tmp_path_factory.mktemp("pagerduty") / "data"
    key = add_source(data_dir, SOURCE, kind=SourceKind.PAGERDUTY)
    other = add_source(data_dir, "other", kind=SourceKind.PAGERDUTY)
    operator = add_token(data_dir, "operator", Scope.ADMIN)
    with Server(data_dir, env={"AIRLEDGER_LOG_LEVEL": "debug"}) as server:
        with httpx.Client(base_url=server.url) as bare, client(server, operator) as operating:
            yield World(server, bare, key, other, operating)
        assert [] == complaints(server)
        assert 0 == server.terminate()
    reading.verified(data_dir)
    written = [server.log_path, *(path for path in data_dir.rglob("*") if path.is_file())]
    for secret in (key, other):
        assert [] == [path.name for path in written if secret.encode() in path.read_bytes()]


def incident_of(world: World, system: str) -> Json:
    """The one incident of a system."""
    [incident] = reading.incidents(world.operator, system=system)
    return incident


def test_trigger_acknowledge_and_resolve_are_one_episode(world: World) -> None:
    said = payload(component="episode", **{"class": "disk"})
    assert "episode/1" == world.send("trigger", "episode/1", payload=said)
    assert "episode/1" == world.send("trigger", "episode/1", payload=said)
    assert "episode/1" == world.send("acknowledge", "episode/1")
    assert [FIRED] == world.history("episode/1")
    assert ("Disk is full", "critical", "ongoing") == tuple(
        incident_of(world, "episode")[name] for name in ("title", "severity", "impact")
    )
    for _ in range(2):
        assert "episode/1" == world.send("resolve", "episode/1")
    assert [FIRED, RESOLVED] == world.history("episode/1")
    assert "ended" == incident_of(world, "episode")["impact"]


def test_a_trigger_after_the_end_is_another_episode(world: World) -> None:
    for action in ("trigger", "resolve", "trigger"):
        world.send(action, "twice")
    assert [FIRED, RESOLVED, FIRED] == world.history("twice")


def test_an_acknowledge_opens_nothing_and_records_nothing(world: World) -> None:
    before = reading.published(world.operator)
    assert "never seen" == world.send("acknowledge", "never seen")
    assert before == reading.published(world.operator)


def test_a_trigger_without_a_key_is_answered_with_one_that_a_retry_gets_again(
    world: World,
) -> None:
    said = payload(component="keyless", summary="Nobody gave a key")
    key = world.send("trigger", None, payload=said)
    assert 32 == len(key)
    assert key == world.send("trigger", None, payload=said)
    assert [FIRED] == world.history(key)
    assert key == world.send("resolve", key)
    assert "ended" == incident_of(world, "keyless")["impact"]


def test_one_key_of_two_routing_keys_is_two_alerts(world: World) -> None:
    world.send("trigger", "shared")
    world.enqueued(event("resolve", "shared", routing_key=world.other_key))
    assert [FIRED] == world.history("shared")
    assert [RESOLVED] == world.history("shared", "other")


def test_what_is_not_understood_is_kept_without_its_routing_key(world: World) -> None:
    for body in (
        json.dumps(event(routing_key=world.key, payload=payload(severity="fatal"))).encode(),
        json.dumps(event("resolve", None, routing_key=world.key, client="a")).encode(),
        b'{"routing_key": "%s", "event_action": "trigger", ' % world.key.encode(),
        b'{"routing_key": "%s", "deep": %s' % (world.key.encode(), b"[" * 50_000),
    ):
        world.enqueued(body, SET_ASIDE)
        world.enqueued(body, SET_ASIDE)
        [entry] = world.quarantined(body)
        assert (2, SOURCE) == (entry["seen"], entry["source"])
        shown = world.operator.get(f"/v1/quarantine/{entry['id']}").raise_for_status().json()
        assert body.decode().replace(world.key, MASK) == shown["body"]


def test_a_dedup_key_is_answered_even_where_the_event_is_not_understood(world: World) -> None:
    body = json.dumps(event(key="kept", routing_key=world.key, payload=None)).encode()
    assert "kept" == world.enqueued(body, SET_ASIDE)


def refusal(answer: httpx.Response, status: int, words: str) -> Json:
    """A refusal in PagerDuty's shape."""
    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"])
    told: Json = answer.json()
    assert {"status", "message", "errors"} == told.keys()
    assert words == told["status"]
    assert told["errors"]
    return told


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"[]", b"{}", b"\xff", b'{"routing_key": 7}', b"[" * 50_000),
        *(b'{"routing_key": ""}', b'{"routing_key": "%s"}' % (b"x" * 32)),
    ],
)
def test_without_a_routing_key_that_is_known_nothing_is_taken(world: World, body: bytes) -> None:
    answer = world.post(body)
    told = refusal(answer, 401, "unauthorized")
    assert "routing_key must be the token of a source of kind pagerduty" in told["message"]
    assert "Bearer" in answer.headers["www-authenticate"]
    assert [] == world.quarantined(body)


def test_another_kind_s_token_is_no_routing_key(world: World) -> None:
    token = world.operator.headers["authorization"].split()[1]
    told = refusal(world.post(event(routing_key=token)), 403, "forbidden")
    assert "kind pagerduty" in told["message"]
    assert token not in told["message"]


def test_a_token_in_a_header_opens_nothing_here(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.key}"}
    assert 401 == world.bare.post(PATH, json={}, headers=headers).status_code


def test_a_body_beyond_a_mebibyte_is_refused_and_one_within_is_not(world: World) -> None:
    body = json.dumps(event(key="large", routing_key=world.key)).encode()
    world.enqueued(body.ljust(LIMIT))
    assert [FIRED] == world.history("large")
    refusal(world.post(body.ljust(LIMIT + 1)), 413, "request entity too large")


def test_a_long_text_is_cut_in_the_event_and_kept_whole_in_the_body(world: World) -> None:
    details = {"log": "x" * 200_000}
    world.send("trigger", "long", payload=payload(custom_details=details))
    [fired] = reading.alert_history(world.operator, SOURCE, "long")
    assert ["annotations.custom_details"] == fired["data"]["alert"]["shortened"]


def test_what_is_counted_is_what_was_answered(world: World) -> None:
    def counted() -> list[float]:
        return [
            reading.metric(
                world.operator, "airledger_signals_total", source=SOURCE, outcome=outcome
            )
            for outcome in ("recorded", "repeats", "quarantined")
        ]

    world.send("trigger", "before")
    before = counted()
    world.send("trigger", "counted")
    world.send("acknowledge", "counted")
    world.enqueued(event("resolve", None, routing_key=world.key), SET_ASIDE)
    assert [1, 1, 1] == [now - then for now, then in zip(counted(), before, strict=True)]
