"""Grafana before a real server: its webhook, its signatures, and what comes of either."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from ledger.store.side_records import Signing
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.reading import FIRED, RESOLVED, Json
from tests.e2e.served import problem
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.unit.intake.bodies import GRAFANA_TEST, grafana
from tests.unit.intake.bodies import grafana_alert as alert

PATH = "/v1/signals/grafana"
LIMIT = 16 * 1024 * 1024
SECRET = "shared with Grafana alone"
SIGNATURE, TIMESTAMP = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"


class World(NamedTuple):
    """A running server: a source that signs nothing, two that sign, and an operator."""

    server: Server
    plain: httpx.Client
    signing: httpx.Client
    timed: httpx.Client
    operator: httpx.Client

    def history(self, key: str, source: str = "grafana") -> list[str]:
        """What happened to an alert."""
        return reading.types(reading.alert_history(self.operator, source, key))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data_dir = tmp_path_factory.mktemp("grafana") / "data"
    kind = SourceKind.GRAFANA
    tokens = (
        add_source(data_dir, "grafana", kind=kind),
        add_source(data_dir, "signing", kind=kind, signing=Signing(secret=SECRET)),
        add_source(
            data_dir,
            "timed",
            kind=kind,
            signing=Signing(secret=SECRET, header="X-Signed", timestamp_header=TIMESTAMP),
        ),
        add_token(data_dir, "operator", Scope.ADMIN),
    )
    with Server(data_dir, env={"AIRLEDGER_LOG_LEVEL": "debug"}) as server:
        plain, signing, timed, operator = (client(server, token) for token in tokens)
        with plain, signing, timed, operator:
            yield World(server, plain, signing, timed, operator)
            assert SECRET not in operator.get("/v1/events").raise_for_status().text
        assert [] == complaints(server)
        assert SECRET not in server.log
    reading.verified(data_dir)


def sent(by: httpx.Client, body: Json | bytes, **headers: str) -> Json:
    """The answer to a body that is taken."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = by.post(PATH, content=content, headers=headers)
    assert 202 == answer.status_code, answer.text
    return dict(answer.json())


def signature(signed: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def test_an_episode_opens_an_incident_and_ends_its_impact(world: World) -> None:
    labels = {"alertname": "High latency", "system": "search", "severity": "critical"}
    body = grafana(alert("episode", labels=labels))
    first = sent(world.plain, body)
    assert (1, 1, 0) == (first["received"], first["recorded"], first["repeats"])
    [incident] = first["incidents"]
    again = sent(world.plain, body)
    assert (0, 1, [incident]) == (again["recorded"], again["repeats"], again["incidents"])
    assert [FIRED] == world.history("1:episode")
    ended = grafana(
        alert("episode", labels=labels, status="resolved", endsAt="2026-10-22T09:30:00Z")
    )
    assert [1, 0] == [sent(world.plain, ended)["recorded"] for _ in range(2)]
    assert [FIRED, RESOLVED] == world.history("1:episode")
    reading.settled(world.operator)
    shown = world.operator.get(f"/v1/incidents/{incident}").json()
    assert ("p95 above 2 s", "search", "critical") == (
        shown["title"],
        shown["system"],
        shown["severity"],
    )
    assert ("ended", "2026-10-22T09:30:00.000000Z") == (shown["impact"], shown["impact_ended_at"])


def test_equal_fingerprints_of_two_organisations_are_two_alerts(world: World) -> None:
    for org in (1, 2):
        assert 1 == sent(world.plain, grafana(alert("both"), orgId=org))["recorded"]
    assert [[FIRED], [FIRED]] == [world.history(f"{org}:both") for org in (1, 2)]


def test_the_test_of_a_contact_point_arrives(world: World) -> None:
    assert 1 == len(sent(world.plain, GRAFANA_TEST)["incidents"])


def test_the_token_may_stand_in_the_path_or_be_a_password(world: World) -> None:
    token = world.plain.headers["authorization"].split()[1]
    body = json.dumps(grafana(alert("elsewhere"))).encode()
    with httpx.Client(base_url=world.server.url) as bare:
        assert 1 == bare.post(f"{PATH}/{token}", content=body).json()["recorded"]
        assert 1 == bare.post(PATH, content=body, auth=("any", token)).json()["repeats"]


def test_alerts_that_were_left_out_are_recorded_as_such(world: World) -> None:
    sent(world.plain, grafana(alert("cut"), truncatedAlerts=3))
    told = reading.events(world.operator, type="source.alerts_truncated.v1")
    assert [3] == [event["data"]["missing"] for event in told]


def test_a_source_that_signs_is_believed_when_it_did(world: World) -> None:
    body = json.dumps(grafana(alert("signed"))).encode()
    assert 1 == sent(world.signing, body, **{SIGNATURE: signature(body)})["recorded"]
    now = str(int(time.time()))
    headers = {"X-Signed": signature(now.encode() + b":" + body), TIMESTAMP: now}
    assert 1 == sent(world.timed, body, **headers)["recorded"]


def test_a_large_body_is_checked_like_a_small_one(world: World) -> None:
    body = json.dumps(grafana(alert("large", annotations={"log": "x" * 1_000_000}))).encode()
    assert 1 == sent(world.signing, body, **{SIGNATURE: signature(body)})["recorded"]
    refused = world.signing.post(PATH, content=body, headers={SIGNATURE: "0" * 64})
    assert 401 == refused.status_code


@pytest.mark.parametrize(
    ("header", "said"),
    [
        pytest.param(None, "No signature", id="missing"),
        pytest.param("0" * 64, "The signature is not this body's", id="wrong"),
        pytest.param(signature(b"another"), "The signature is not this body's", id="another's"),
    ],
)
def test_a_body_that_is_not_signed_as_agreed_is_refused_and_not_kept(
    world: World, header: str | None, said: str
) -> None:
    before = reading.published(world.operator)
    body = json.dumps(grafana(alert("forged"))).encode()
    headers = {} if header is None else {SIGNATURE: header}
    answer = world.signing.post(PATH, content=body, headers=headers)
    told = problem(answer, 401)
    assert told["detail"].startswith(said)
    assert f"{SIGNATURE} must hold the HMAC-SHA256 of the body in hex" in told["detail"]
    assert "Bearer" in answer.headers["www-authenticate"]
    assert before == reading.published(world.operator)
    assert [] == quarantined(world, body)


def test_a_signature_that_is_too_old_is_refused(world: World) -> None:
    body = json.dumps(grafana(alert("stale"))).encode()
    then = str(int(time.time()) - 3_600)
    headers = {"X-Signed": signature(then.encode() + b":" + body), TIMESTAMP: then}
    told = problem(world.timed.post(PATH, content=body, headers=headers), 401)
    assert "behind this server's clock; at most 300 s" in told["detail"]
    told = problem(world.timed.post(PATH, content=body, headers={"X-Signed": "0"}), 401)
    assert told["detail"].startswith(f"No timestamp: {TIMESTAMP} must hold the seconds since 1970")


def quarantined(world: World, body: bytes) -> list[Json]:
    """What was set aside of a body."""
    digest = hashlib.sha256(body).hexdigest()
    entries = world.operator.get("/v1/quarantine").raise_for_status().json()["items"]
    return [entry for entry in entries if entry["digest"] == digest]


def test_a_retry_from_quarantine_does_not_check_the_signature_again(world: World) -> None:
    body = json.dumps(grafana(alert("good"), alert("bad", status="paused"))).encode()
    told = sent(world.signing, body, **{SIGNATURE: signature(body)})
    assert (1, 1) == (told["recorded"], told["quarantined"])
    [entry] = quarantined(world, body)
    retried = world.operator.post(f"/v1/quarantine/{entry['id']}/retry")
    told = problem(retried, 409)
    assert "still_not_understood" == told["rule"]
    assert "alerts[1] is no alert: Invalid enum value 'paused'" in told["detail"]


def test_a_body_beyond_the_limit_is_refused_and_one_within_is_not(world: World) -> None:
    assert 1 == sent(world.plain, b" " * LIMIT)["quarantined"]
    assert 413 == world.plain.post(PATH, content=b" " * (LIMIT + 1)).status_code


def test_what_is_counted_is_what_was_answered(world: World) -> None:
    def counted() -> list[float]:
        return [
            reading.metric(
                world.operator, "airledger_signals_total", source="grafana", outcome=outcome
            )
            for outcome in ("recorded", "repeats", "quarantined")
        ]

    sent(world.plain, grafana(alert("before")))
    before = counted()
    sent(world.plain, grafana(alert("counted"), alert("before"), alert("")))
    assert [1, 1, 1] == [now - then for now, then in zip(counted(), before, strict=True)]
