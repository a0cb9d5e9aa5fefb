"""Compressed bodies, and bodies in other charsets, at every route that takes one."""

import gzip
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from ledger.store.side_records import Signing
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.reading import Json
from tests.e2e.served import problem
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.unit.intake.bodies import event as pagerduty_event
from tests.unit.intake.bodies import grafana, grafana_alert

MIB = 1024 * 1024
GZIP, DEFLATE = {"content-encoding": "gzip"}, {"content-encoding": "deflate"}
SECRET, SIGNATURE = "shared-secret", "X-Grafana-Alerting-Signature"
ENQUEUE = "/v2/enqueue"


class World(NamedTuple):
    """A running server with a client for each kind of source, and an operator's."""

    server: Server
    sources: dict[str, httpx.Client]
    key: str
    operator: httpx.Client

    def sent(self, kind: str, body: bytes, **headers: str) -> Json:
        """The answer to a body that is taken."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.sources[kind].post(f"/v1/signals/{kind}", content=body, headers=named)
        assert 202 == answer.status_code, answer.text
        return dict(answer.json())

    def enqueue(self, body: bytes, **headers: str) -> httpx.Response:
        """The answer of PagerDuty's route."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(f"{self.server.url}{ENQUEUE}", content=body, headers=named)

    def quarantined(self, body: bytes) -> list[Json]:
        """What was set aside of a body."""
        digest = hashlib.sha256(body).hexdigest()
        entries = self.operator.get("/v1/quarantine").raise_for_status().json()["items"]
        return [entry for entry in entries if entry["digest"] == digest]


KINDS = ("alertmanager", "grafana", "cloudevents", "native")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data_dir = tmp_path_factory.mktemp("coded") / "data"
    tokens = {kind: add_source(data_dir, kind, kind=SourceKind(kind)) for kind in KINDS}
    signing = Signing(secret=SECRET)
    tokens["signing"] = add_source(data_dir, "signing", kind=SourceKind.GRAFANA, signing=signing)
    key = add_source(data_dir, "pagerduty", kind=SourceKind.PAGERDUTY)
    operator = add_token(data_dir, "operator", Scope.ADMIN)
    with Server(data_dir) as server:
        clients = {name: client(server, token) for name, token in tokens.items()}
        with client(server, operator) as operating:
            yield World(server, clients, key, operating)
        for each in clients.values():
            each.close()
        assert [] == complaints(server)
    reading.verified(data_dir)


def body_of(kind: str, key: str) -> bytes:
    """A body of one signal."""
    bodies: dict[str, Json] = {
        "alertmanager": webhook(alert(key)),
        "grafana": grafana(grafana_alert(key)),
        "cloudevents": {"specversion": "1.0", "id": key, "source": "/ci", "type": "x.failed"},
        "native": {"title": key},
    }
    return encoded(bodies[kind])


def deflated(body: bytes) -> bytes:
    return zlib.compress(body)


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read_compressed_or_not_and_is_the_same(world: World, kind: str) -> None:
    body = body_of(kind, "coded")
    assert 1 == world.sent(kind, gzip.compress(body), content_encoding="gzip")["recorded"]
    for again in ((gzip.compress(body, 1), "x-gzip"), (deflated(body), "deflate"), (body, "")):
        assert 1 == world.sent(kind, again[0], content_encoding=again[1])["repeats"]
    assert [] == world.quarantined(body)


def test_an_event_of_pagerduty_has_one_key_however_it_was_carried(world: World) -> None:
    told = pagerduty_event("trigger", None, routing_key=world.key)
    body = json.dumps(told).encode()
    answers = [
        world.enqueue(gzip.compress(body), content_encoding="gzip"),
        world.enqueue(body),
        world.enqueue(b"\xef\xbb\xbf" + body),
        world.enqueue(body.decode().encode("utf-16")),
    ]
    assert [202] * 4 == [each.status_code for each in answers]
    assert 1 == len({each.json()["dedup_key"] for each in answers})
    masked = hashlib.sha256(body.replace(world.key.encode(), b"*" * 32)).hexdigest()
    assert masked[:32] == answers[0].json()["dedup_key"]


def test_a_signature_is_of_the_body_without_its_coding(world: World) -> None:
    body = body_of("grafana", "signed")
    right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    wrong = hmac.new(SECRET.encode(), gzip.compress(body), hashlib.sha256).hexdigest()

    def send(signature: str) -> httpx.Response:
        headers = GZIP | {SIGNATURE: signature}
        path, by = "/v1/signals/grafana", world.sources["signing"]
        return by.post(path, content=gzip.compress(body), headers=headers)

    assert 1 == send(right).json()["recorded"]
    problem(send(wrong), 401)


def test_a_command_may_be_compressed(world: World) -> None:
    report = json.dumps({"title": "It broke", "system": "chat"}).encode()
    for content, headers in (
        (gzip.compress(report), GZIP),
        (deflated(report), DEFLATE),
        (b"\xef\xbb\xbf" + report, {}),
        (
            report.decode().encode("utf-16-le"),
            {"content-type": "text/json; charset=utf-16le"},
        ),
    ):
        answer = world.operator.post("/v1/incidents", content=content, headers=headers)
        assert (201, "It broke") == (answer.status_code, answer.json().get("title")), answer.text
    broken = world.operator.post("/v1/incidents", content=report, headers=GZIP)
    told = problem(broken, 422)
    assert "The body is not gzip" in told["detail"]
    assert "gzip, deflate" in told["remedy"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_is_no_gzip_is_kept_as_it_arrived(world: World, kind: str) -> None:
    sent = gzip.compress(body_of(kind, "broken"), mtime=7)[:-5]
    told = world.sent(kind, sent, content_encoding="gzip")
    assert (1, 0, 1) == (told["received"], told["recorded"], told["quarantined"])
    [entry] = world.quarantined(sent)
    assert "is not gzip, which its Content-Encoding says" in entry["parts"][0]["reason"]
    assert ("gzip", len(sent)) == (entry["headers"]["content-encoding"], entry["size"])
    retried = problem(world.operator.post(f"/v1/quarantine/{entry['id']}/retry"), 409)
    assert "still_not_understood" == retried["rule"]


def test_what_is_kept_of_a_compressed_body_is_the_body(world: World) -> None:
    body = encoded(webhook(alert("good"), {**alert("bad"), "status": "paused"}))
    world.sent("alertmanager", gzip.compress(body), content_encoding="gzip")
    [entry] = world.quarantined(body)
    assert "content-encoding" not in entry["headers"]
    shown = world.operator.get(f"/v1/quarantine/{entry['id']}").json()
    assert (body.decode(), "") == (shown["body"], shown["warning"])


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip, gzip"])
def test_another_coding_is_415_with_what_is_read(world: World, coding: str) -> None:
    headers = {"content-encoding": coding}
    paths = [(world.sources[kind], f"/v1/signals/{kind}") for kind in KINDS]
    for by, path in (*paths, (world.operator, "/v1/incidents")):
        answer = by.post(path, content=b"x", headers=headers)
        assert "gzip, deflate" == answer.headers["accept-encoding"]
        assert coding in problem(answer, 415)["detail"]
    answer = world.enqueue(b"x", content_encoding=coding)
    assert (415, "gzip, deflate") == (answer.status_code, answer.headers["accept-encoding"])
    assert "unsupported media type" == answer.json()["status"]


def test_a_body_that_grows_beyond_the_limit_is_413(world: World) -> None:
    for kind, limit in (("native", MIB), ("cloudevents", MIB), ("grafana", 16 * MIB)):
        path, by = f"/v1/signals/{kind}", world.sources[kind]
        bomb = gzip.compress(bytes(limit + 1))
        problem(by.post(path, content=bomb, headers=GZIP), 413)
        within = gzip.compress(b" " * limit)
        assert 202 == by.post(path, content=within, headers=GZIP).status_code
    bomb = gzip.compress(bytes(MIB + 1))
    problem(world.operator.post("/v1/incidents", content=bomb, headers=GZIP), 413)
    assert 413 == world.enqueue(bomb, content_encoding="gzip").status_code


def test_a_body_with_a_mark_or_in_another_charset_is_read(world: World) -> None:
    for number, (prefix, codec, content_type) in enumerate(
        [
            (b"\xef\xbb\xbf", "utf-8", "application/json"),
            (b"", "utf-16", "application/json"),
            (b"", "utf-16-le", "application/json; charset=utf-16le"),
            (b"", "latin-1", "application/json; charset=iso-8859-1"),
        ]
    ):
        text = json.dumps({"title": f"Größe {number}"}, ensure_ascii=False)
        sent = prefix + text.encode(codec)
        assert 1 == world.sent("native", sent, content_type=content_type)["recorded"]
