"""Bodies as they come: captured ones, hostile ones. Recorded or set aside, and never a failure."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.domain.identity import alert_id
from ledger.vocabulary import Scope
from tests.e2e import hostile, reading
from tests.e2e.hostile import Hostile, alert, encoded, webhook
from tests.e2e.reading import Json
from tests.e2e.server import Server, add_source, add_token, client, complaints

SOURCE = "alertmanager"
PATH = "/v1/signals/alertmanager"
SEED, MUTATIONS = 20_261_122, 350
CAPTURED = Path(__file__).resolve().parents[3] / "shared/data/alerts/alertmanager"


class World(NamedTuple):
    """A running server, its source's client and an operator's."""

    server: Server
    source: httpx.Client
    operator: httpx.Client

    def send(self, body: bytes, **headers: str) -> Json:
        """Sends a body, which is always taken; the answer."""
        answer = self.source.post(PATH, content=body, headers=headers)
        assert 202 == answer.status_code, answer.text
        told: Json = answer.json()
        assert told["received"] == told["recorded"] + told["repeats"] + told["quarantined"]
        return told

    def quarantined(self, *bodies: bytes) -> list[Json]:
        """What was set aside of these bodies."""
        digests = {hashlib.sha256(body).hexdigest() for body in bodies}
        answer = self.operator.get("/v1/quarantine", params={"limit": 1_000}).raise_for_status()
        return [entry for entry in answer.json()["items"] if entry["digest"] in digests]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all, which is well to the end."""
    data_dir = tmp_path_factory.mktemp("intake") / "data"
    source = add_source(data_dir, SOURCE)
    operator = add_token(data_dir, "operator", Scope.ADMIN)
    with (
        Server(data_dir) as server,
        client(server, source) as publishing,
        client(server, operator) as operating,
    ):
        yield World(server, publishing, operating)
        assert [] == complaints(server)
        assert "ok" == publishing.get("/health/ready").json()["status"]
    reading.verified(data_dir)


@pytest.mark.realdata
@pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured bodies (shared/data) are not here")
def test_captured_bodies_are_recorded_and_a_second_delivery_adds_nothing(world: World) -> None:
    bodies = [path.read_bytes() for path in sorted(CAPTURED.glob("*.json"))]
    assert 16 == len(bodies)
    for body in bodies:
        alerts = json.loads(body)["alerts"]
        first, size = world.send(body), reading.published(world.operator)
        assert (len(alerts), 0) == (first["received"], first["quarantined"])
        second = world.send(body)
        assert (0, len(alerts)) == (second["recorded"], second["repeats"])
        assert size == reading.published(world.operator)
    assert [] == world.quarantined(*bodies)


def test_hostile_bodies_break_nothing_and_record_nothing_unasked(world: World) -> None:
    cases = [*hostile.named(), *hostile.mutated(MUTATIONS, SEED)]
    assert len(cases) >= 500
    before = reading.settled(world.operator)
    recorded, refused = 0, set()
    for case in cases:
        told = world.send(case.body)
        recorded += told["recorded"]
        assert told["recorded"] <= len(case.recorded), case.name
        if told["quarantined"]:
            refused.add(hashlib.sha256(case.body).hexdigest())
        check_named(case, told)
    happened = [e for e in reading.events(world.operator, **{"from": before}) if is_alert(e)]
    assert recorded == len(happened)
    allowed = {f"alert/{alert_id(SOURCE, key)}" for case in cases for key in case.recorded}
    assert {event["subject"] for event in happened} <= allowed
    entries = world.quarantined(*(case.body for case in cases))
    assert refused == {entry["digest"] for entry in entries}
    for entry in entries:
        assert entry["parts"]
        for part in entry["parts"]:
            assert_readable(part["reason"])


def is_alert(event: Json) -> bool:
    return str(event["subject"]).startswith("alert/")


def check_named(case: Hostile, told: Json) -> None:
    """What is certain of the cases that were thought of."""
    kind = case.name.partition(":")[0]
    if kind in {"body", "alert"}:
        assert (0, 1) == (told["recorded"], told["quarantined"]), case.name
    if kind == "between":
        assert (2, 1) == (told["recorded"], told["quarantined"]), case.name
    if kind == "odd":
        assert 1 == told["received"], case.name


def assert_readable(reason: str) -> None:
    """A sentence, short, without what only a programmer reads."""
    assert 10 < len(reason) < 400, reason[:500]
    assert reason[0].isupper() or reason.startswith("alerts["), reason
    assert reason.endswith("."), reason
    for word in ("Traceback", "Error", "<class", "object at 0x", "NoneType"):
        assert word not in reason, reason


def test_a_webhook_is_read_whatever_its_content_type(world: World) -> None:
    for kind in ("", "text/plain", "application/xml", "multipart/form-data; boundary=b"):
        told = world.send(encoded(webhook(alert(f"type {kind}"))), **{"Content-Type": kind})
        assert 1 == told["recorded"]


def test_what_was_set_aside_is_shown_with_its_body_and_dismissed_for_a_reason(
    world: World,
) -> None:
    body = encoded(webhook(alert("good"), alert("")))
    world.send(body)
    world.send(body)
    (entry,) = world.quarantined(body)
    assert (2, "open", SOURCE) == (entry["seen"], entry["state"], entry["source"])
    assert [1] == [part["index"] for part in entry["parts"]]
    path = f"/v1/quarantine/{entry['id']}"
    shown = world.operator.get(path).raise_for_status().json()
    assert (body.decode(), 0) == (shown["body"], shown["body_omitted"])
    whole = world.operator.get(f"{path}/body").raise_for_status()
    assert (body, "application/octet-stream") == (whole.content, whole.headers["content-type"])
    retried = world.operator.post(f"{path}/retry")
    assert (409, "still_not_understood") == (retried.status_code, retried.json()["rule"])
    nothing = world.operator.post(f"{path}/dismiss", json={"reason": " "})
    assert (409, "reason_needed") == (nothing.status_code, nothing.json()["rule"])
    wrong = world.operator.post(f"{path}/dismiss", json={})
    assert 422 == wrong.status_code
    assert ["reason"] == [each["field"] for each in wrong.json()["errors"]]
    done = world.operator.post(f"{path}/dismiss", json={"reason": "A test."})
    assert ("dismissed", "A test.") == (done.json()["state"], done.json()["close_reason"])
    again = world.operator.post(f"{path}/dismiss", json={"reason": "A test."})
    assert (409, "not_open") == (again.status_code, again.json()["rule"])
    still_open = world.operator.get("/v1/quarantine", params={"state": "open"}).json()["items"]
    assert entry["id"] not in {each["id"] for each in still_open}
    assert 404 == world.operator.get("/v1/quarantine/nothing").status_code


LIMIT = 16 * 1024 * 1024


def chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


@pytest.mark.only_on("sqlite", "the limit comes before any store")
@pytest.mark.parametrize("path", [PATH, f"{PATH}/{{token}}"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_beyond_the_limit_is_refused_and_one_within_is_not(
    world: World, path: str, in_chunks: bool
) -> None:
    path = path.format(token=world.source.headers["authorization"].split()[1])
    for size, status in ((LIMIT, 202), (LIMIT + 1, 413)):
        body = b" " * size
        answer = world.source.post(path, content=chunks(body) if in_chunks else body)
        assert status == answer.status_code
        assert (status == 202) == bool(world.quarantined(body))


def test_other_routes_take_no_more_than_a_mebibyte(world: World) -> None:
    body = b" " * (1024 * 1024 + 1)
    refused = world.operator.post("/v1/incidents", content=body)
    assert (413, "application/problem+json") == (
        refused.status_code,
        refused.headers["content-type"],
    )
