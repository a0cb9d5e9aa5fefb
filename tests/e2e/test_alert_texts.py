"""What alerts say beside their labels lies beside the log, is shown, and can be erased."""

import hmac
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from ledger.policy import shipped
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_source, add_token, client
from tests.unit.cli.processes import Airledger
from tests.unit.intake.bodies import grafana, grafana_alert

Json = dict[str, Any]
KINDS = {
    "alertmanager": SourceKind.ALERTMANAGER,
    "grafana": SourceKind.GRAFANA,
    "pagerduty": SourceKind.PAGERDUTY,
    "cloudevents": SourceKind.CLOUDEVENTS,
    "native": SourceKind.NATIVE,
}
SYSTEM, OTHER = "hr-assistant", "hr-grades"
POLICY = (
    shipped()
    .replace("restricted_systems = []", f'restricted_systems = ["{SYSTEM}", "{OTHER}"]')
    .replace("drop_labels = []", 'drop_labels = ["user"]')
)
LABELS = {"alertname": "Slow", "severity": "critical"}


class World(NamedTuple):
    """A server; a token or key of each source, an admin's API and browser, the command line."""

    data: Path
    server: Server
    tokens: Mapping[str, str]
    admin: httpx.Client
    reader: httpx.Client
    browser: httpx.Client
    airledger: Airledger

    def send(self, kind: str, system: str, canary: str, **labels: str) -> str:
        """Fires an alert with the canary in each annotation; the reference of its incident."""
        body, path, headers = _body(kind, system, canary, {**LABELS, **labels}, self.tokens[kind])
        answer = httpx.post(f"{self.server.url}{path}", content=body, headers=headers)
        assert answer.is_success, answer.text
        [incident] = reading.incidents(self.admin, system=system)
        return str(incident["reference"])

    def recorded(self, system: str) -> list[Json]:
        """The events of the alert and the incident of a system, in log order."""
        found = reading.events(self.admin)
        own = [each for each in found if _system(each) == system]
        streams = {each["subject"] for each in own}
        return [each for each in found if each["subject"] in streams]


def _system(event: Json) -> str | None:
    data = event["data"]
    alert = data.get("alert")
    return alert.get("system") if isinstance(alert, dict) else data.get("system")


def _body(
    kind: str, system: str, canary: str, labels: Mapping[str, str], token: str
) -> tuple[bytes, str, dict[str, str]]:
    """What a sender of this kind sends, and where: two annotations, one of them a link."""
    said = {"summary": f"{canary} is slow", "runbook_url": f"https://{canary}.example/runbook"}
    of = {**labels, "system": system}
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    path = f"/v1/signals/{kind}"
    body: Any
    match kind:
        case "alertmanager":
            alert = {
                "status": "firing",
                "labels": of,
                "annotations": said,
                "startsAt": "2026-11-22T10:21:11Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": uuid4().hex[:16],
            }
            key = f'{{}}:{{alertname="Slow", user="u-{canary}", zone="a"}}'
            body = {
                "version": "4",
                "groupKey": key,
                "receiver": "airledger",
                "status": "firing",
                "alerts": [alert],
                "externalURL": "https://am.example",
                "groupLabels": {},
                "commonLabels": {},
                "commonAnnotations": {},
            }
        case "grafana":
            body = grafana(grafana_alert(uuid4().hex[:16], labels=of, annotations=said))
        case "pagerduty":
            path = "/v2/enqueue"
            payload = {
                "summary": "Slow",
                "source": "node-1",
                "severity": "critical",
                "component": system,
                "custom_details": {"said": f"{canary} in detail"},
            }
            links = [{"href": said["runbook_url"], "text": "runbook"}]
            body = {"routing_key": token, "event_action": "trigger", "dedup_key": uuid4().hex}
            body |= {"payload": payload, "links": links}
        case "cloudevents":
            headers["content-type"] = "application/cloudevents+json"
            data = {"title": "Slow", "description": said["summary"], "labels": of}
            body = {"specversion": "1.0", "id": uuid4().hex, "source": "/ci", "type": "x.slow"}
            body["data"] = data | {"annotations": said, "system": system, "severity": "critical"}
        case _:
            body = {"title": "Slow", "labels": of, "annotations": said, "dedup_key": uuid4().hex}
    return json.dumps(body).encode(), path, headers


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("alerts") / "data"
    tokens = {name: add_source(data, name, kind=kind) for name, kind in KINDS.items()}
    root = add_token(data, "root", Scope.ADMIN)
    reads = add_token(data, "reads", Scope.OPERATE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        admin = opened.enter_context(client(server, root))
        policy = {"text": POLICY, "reason": "A system is restricted"}
        assert admin.post("/v1/policy", json=policy).is_success
        role = {"person": "root", "role": "risk_manager"}
        assert admin.post("/v1/roles/grant", json=role).is_success
        yield World(
            data,
            server,
            tokens,
            admin,
            opened.enter_context(client(server, reads)),
            opened.enter_context(logged_in(server, root)),
            opened.enter_context(Airledger(data)),
        )


def files_with(data: Path, canary: str) -> list[str]:
    """The files of the ledger that have it."""
    return [
        str(file.relative_to(data))
        for file in data.rglob("*")
        if file.is_file() and canary.encode() in file.read_bytes()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_annotations_are_shown_and_no_event_has_them(world: World, kind: str) -> None:
    canary, system = f"okapi{uuid4().hex[:8]}", f"s-{uuid4().hex[:8]}"
    ref = world.send(kind, system, canary)
    events = world.recorded(system)
    assert {"alert.fired.v1", "incident.detected.v1"} <= set(reading.types(events))
    assert [] == [each["type"] for each in events if canary in json.dumps(each)]
    shown = world.admin.get(f"/v1/incidents/{ref}").raise_for_status().json()
    [context] = shown["context"]
    links = [each["url"] for each in context["links"]]
    assert f"https://{canary}.example/runbook" in links
    page = world.browser.get(f"/incidents/{ref}").raise_for_status().text
    assert f'href="https://{canary}.example/runbook"' in page
    assert canary in world.airledger.done("incident", "show", ref).text
    if kind != "pagerduty":  # which has no annotation of these names
        assert f"{canary} is slow" in context["texts"].values()
        assert f"{canary} is slow" in unescape(page)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.only_on("sqlite", "the files of a server of others are not searched")
def test_an_incident_s_erasure_takes_its_alerts_texts(world: World, kind: str) -> None:
    canary, system = f"quagga{uuid4().hex[:8]}", f"s-{uuid4().hex[:8]}"
    ref = world.send(kind, system, canary)
    sent = {"incident": ref, "reason": "mistake"}
    told = world.admin.post("/v1/erasures", json=sent).raise_for_status().json()
    assert (True, True) == (told["recorded"], told["done"])
    reading.settled(world.admin)
    assert 0 == world.airledger.run("erase", "verify", "--look-for", canary).status
    for path in (f"incidents/{ref}", "incidents", "alerts", f"incidents/{ref}/timeline"):
        assert canary not in world.admin.get(f"/v1/{path}").text, path
        assert canary not in world.browser.get(f"/{path.removesuffix('/timeline')}").text, path
    assert [] == files_with(world.data, canary)
    reading.verified(world.data)


def test_the_digest_of_a_body_is_keyed_by_a_text_that_came_with_it(world: World) -> None:
    canary, system = f"tapir{uuid4().hex[:8]}", f"s-{uuid4().hex[:8]}"
    body, path, headers = _body("native", system, canary, LABELS, world.tokens["native"])
    assert httpx.post(f"{world.server.url}{path}", content=body, headers=headers).is_success
    events = world.recorded(system)
    digest = sha256(body).hexdigest()
    assert digest not in json.dumps(events)
    fired = next(each for each in events if each["type"] == "alert.fired.v1")
    text = fired["data"]["alert"]["annotations_text"]["text"]
    [kept] = world.admin.get("/v1/texts", params={"id": text}).raise_for_status().json()["items"]
    keyed = hmac.digest(b64decode(kept["key"]), digest.encode(), "sha256").hex()
    assert f"hmac:{keyed}" == fired["bodydigest"]


def test_a_dropped_label_is_nowhere_in_the_log(world: World) -> None:
    canary, system = f"gaur{uuid4().hex[:8]}", f"s-{uuid4().hex[:8]}"
    world.send("alertmanager", system, canary, user=f"u-{canary}")
    events = world.recorded(system)
    fired = next(each for each in events if each["type"] == "alert.fired.v1")
    assert {**LABELS, "system": system} == fired["data"]["alert"]["labels"]
    assert '{}:{alertname="Slow", zone="a"}' == fired["data"]["sender"]["group_key"]
    assert canary not in json.dumps(events)


def test_texts_of_a_restricted_incident_s_alerts_are_withheld(world: World) -> None:
    canary = f"saola{uuid4().hex[:8]}"
    ref = world.send("native", SYSTEM, canary)
    events = world.recorded(SYSTEM)
    assert canary not in json.dumps(events)
    assert "Slow" not in [each["data"].get("title") for each in events]
    shown = world.admin.get(f"/v1/incidents/{ref}").raise_for_status()
    assert canary in shown.text
    assert "Slow" == shown.json()["title"]
    assert canary not in world.reader.get(f"/v1/incidents/{ref}").text
    fired = next(each for each in events if each["type"] == "alert.fired.v1")
    ids = [fired["data"]["alert"][name]["text"] for name in ("annotations_text", "title")]
    texts = world.admin.get("/v1/texts", params={"id": ids}).raise_for_status().json()["items"]
    assert {"readable"} == {each["state"] for each in texts}
    revoked = {"person": "root", "role": "risk_manager", "reason": "To see"}
    assert world.admin.post("/v1/roles/revoke", json=revoked).is_success
    try:
        texts = world.admin.get("/v1/texts", params={"id": ids}).json()["items"]
        assert {"withheld"} == {each["state"] for each in texts}
    finally:
        del revoked["reason"]
        assert world.admin.post("/v1/roles/grant", json=revoked).is_success


def test_the_log_verifies_with_the_texts_of_alerts(world: World) -> None:
    for kind in KINDS:
        world.send(kind, f"s-{uuid4().hex[:8]}", f"zebu{uuid4().hex[:8]}")
    assert "The log is whole." in world.airledger.done("verify").text


def test_reads_of_restricted_alerts_and_of_a_person_s_texts_are_on_record(world: World) -> None:
    world.send("native", OTHER, f"kudu{uuid4().hex[:8]}")
    report = {"title": "Grades leak", "system": OTHER}
    world.admin.post("/v1/incidents", json=report).raise_for_status()
    reading.settled(world.admin)
    people = world.admin.get("/v1/persons").raise_for_status().json()["items"]
    [root] = [each["id"] for each in people if each["name"] == "root"]

    def noted(of: str) -> int:
        items = world.admin.get("/v1/reads", params={"reader": "root"}).json()["items"]
        return sum(
            each["count"] for each in items if (each["kind"], each["subject"]) == ("list", of)
        )

    for path, of in (("alerts", "alerts"), (root.replace("person/", "persons/"), "persons")):
        before = noted(of)
        assert world.admin.get(f"/v1/{path}").is_success
        assert before + 1 == noted(of), path
    before = noted("alerts")
    assert world.reader.get("/v1/alerts").is_success
    assert before == noted("alerts")


def test_an_alert_that_is_part_of_a_restricted_incident_is_withheld_in_its_former_one(
    world: World,
) -> None:
    system, key = f"s-{uuid4().hex[:8]}", uuid4().hex
    first, second = (f"serow{uuid4().hex[:8]}" for _ in range(2))
    headers = {"authorization": f"Bearer {world.tokens['native']}"}

    def send(canary: str, status: str = "firing") -> None:
        labels = {**LABELS, "system": system}
        body = {"title": "Slow", "labels": labels, "dedup_key": key, "status": status}
        body["annotations"] = {"summary": canary}
        url = f"{world.server.url}/v1/signals/native"
        assert httpx.post(url, json=body, headers=headers).is_success

    send(first)
    [former] = reading.incidents(world.admin, system=system)
    path = f"/v1/incidents/{former['reference']}"
    assert world.admin.post(f"{path}/dismiss", json={"reason": "A test"}).is_success
    send(first, "resolved")
    send(second)
    [newer] = [
        each for each in reading.incidents(world.admin, system=system) if each["id"] != former["id"]
    ]
    restricting = f"/v1/incidents/{newer['reference']}/restrict"
    assert world.admin.post(restricting, json={"reason": "It names her"}).is_success
    reading.settled(world.admin)
    assert second in world.admin.get(path).text
    assert second not in world.reader.get(path).text
    assert second not in world.reader.post(f"{path}/note", json={"text": "Seen"}).text
