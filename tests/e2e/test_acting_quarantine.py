"""A quarantine entry on its page: what it is, what a retry would do, and forms that close it."""

import json
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e.acting import has_form, logged_in, unseen
from tests.e2e.reading import settled
from tests.e2e.server import Server, add_source, add_token, client

HOSTILE = '<script>alert("owned")</script>\x1b[31m'


class World(NamedTuple):
    """A server, a browser of somebody who may operate, one of somebody who reads, and a source."""

    server: Server
    operator: httpx.Client
    reader: httpx.Client
    source: httpx.Client
    token: str
    admin: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("quarantined") / "data"
    operates, reads = add_token(data, "ada", Scope.OPERATE), add_token(data, "rita")
    admin = add_token(data, "eve", Scope.ADMIN)
    sends = add_source(data, "pipe", kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE)
    with (
        Server(data) as server,
        logged_in(server, operates) as operator,
        logged_in(server, reads) as reader,
        client(server, sends) as source,
    ):
        yield World(server, operator, reader, source, operates, admin)


def quarantined(world: World, body: bytes) -> str:
    """The path of the page of a body's entry."""
    before = {each["id"] for each in entries(world)}
    headers = {"content-type": "application/cloudevents+json"}
    sent = world.source.post("/v1/signals/cloudevents", content=body, headers=headers)
    assert 202 == sent.status_code, sent.text
    [new] = [each["id"] for each in entries(world) if each["id"] not in before]
    return f"/quarantine/{new}"


def entries(world: World) -> list[dict[str, str]]:
    items: list[dict[str, str]] = world.reader.get("/v1/quarantine").json()["items"]
    return items


def command(subject: str, number: int) -> bytes:
    """A CloudEvent that contains an incident."""
    event = {
        "specversion": "1.0",
        "id": f"contain-{number}",
        "source": "/pipe",
        "type": "airledger.incident.contain",
        "subject": subject,
        "data": {"action": "Switched off"},
    }
    return json.dumps(event).encode()


def test_an_entry_has_a_page_with_its_reason_and_its_body_as_text(world: World) -> None:
    path = quarantined(world, f'{{"broken": "{HOSTILE}'.encode())
    page = world.reader.get(path)
    assert 200 == page.status_code
    assert "<script>alert" not in page.text
    assert '<script>alert("owned")</script>\\x1b[31m' in unescape(page.text)
    assert "It would be refused: <bdi>Still not understood" in page.text
    assert f'href="{path}"' in world.reader.get("/quarantine").text


def test_a_retry_is_tried_without_recording_and_then_done_with_a_form(world: World) -> None:
    reported = world.operator.post(
        "/v1/incidents",
        json={"title": "Later", "system": "s", "source": "x"},
        headers={"Authorization": f"Bearer {world.token}"},
    ).json()
    contained = {"Authorization": f"Bearer {world.token}"}
    api = f"/v1/incidents/{reported['reference']}"
    world.operator.post(f"{api}/close", json={}, headers=contained)
    dismissed = world.operator.post(f"{api}/dismiss", json={"reason": "no"}, headers=contained)
    assert 200 == dismissed.status_code, dismissed.text
    path = quarantined(world, command(reported["reference"], 1))
    page = world.operator.get(path).text
    assert "Refused:" in page
    again = world.operator.post(f"{path}/retry", data=unseen(page, "retry"))
    assert (409, True) == (again.status_code, "Still refused" in again.text)
    reopened = world.operator.post(f"{api}/reopen", json={"reason": "yes"}, headers=contained)
    assert 200 == reopened.status_code, reopened.text
    page = world.operator.get(path).text
    assert "The command <bdi>airledger.incident.contain</bdi> is recorded" in page
    assert "open" == next(e["state"] for e in entries(world) if path.endswith(e["id"]))
    done = world.operator.post(f"{path}/retry", data=unseen(page, "retry"))
    assert 303 == done.status_code, done.text
    shown = world.operator.get(done.headers["location"]).text
    assert ("Recorded: Retry." in shown, has_form(shown)) == (True, False)
    settled(world.reader)
    assert "Switched off" in json.dumps(world.reader.get(f"{api}/timeline").json())


def test_an_entry_whose_body_was_erased_shows_nothing_of_it_and_is_only_dismissed(
    world: World,
) -> None:
    by = {"Authorization": f"Bearer {world.admin}"}
    told = {"title": "Told by Jane Roe", "system": "s", "source": "x"}
    reported = world.operator.post("/v1/incidents", json=told, headers=by).json()
    path = quarantined(world, b'{"broken": "Told by Jane Roe')
    assert "Told by Jane Roe" in world.operator.get(path).text

    erasure = {"incident": reported["reference"], "reason": "request"}
    erased = world.operator.post("/v1/erasures", json=erasure, headers=by)

    assert erased.is_success, erased.text
    page = world.operator.get(path).text
    assert "The body was erased." in page
    assert "Jane Roe" not in page
    assert f"/v1{path}/body" not in page
    assert 404 == world.operator.get(f"/v1{path}/body", headers=by).status_code
    assert (f"{path}/retry" in page, f"{path}/dismiss" in page) == (False, True)
    assert "It would be refused: <bdi>The body of this entry was erased.</bdi>" in page
    api = world.operator.post(f"/v1{path}/retry", headers=by)
    assert (409, "body_erased") == (api.status_code, api.json()["rule"])
    done = world.operator.post(
        f"{path}/dismiss", data={**unseen(page, "dismiss"), "reason": "It was erased."}
    )
    assert 303 == done.status_code, done.text


def test_a_dismissal_needs_a_reason_and_is_done_once(world: World) -> None:
    path = quarantined(world, b"not JSON at all")
    page = world.operator.get(path).text
    blank = world.operator.post(f"{path}/dismiss", data={**unseen(page, "dismiss"), "reason": " "})
    assert (422, True) == (blank.status_code, "Reason: must not be empty" in blank.text)
    typed = {**unseen(page, "dismiss"), "reason": "A <b>test</b> of theirs"}
    both = [world.operator.post(f"{path}/dismiss", data=typed) for _ in range(2)]
    assert [303, 303] == [each.status_code for each in both]
    assert "A &lt;b&gt;test&lt;/b&gt; of theirs" in world.reader.get(path).text
    late = world.operator.post(f"{path}/retry", data=unseen(page, "retry"))
    assert (409, True) == (late.status_code, "The entry was dismissed" in late.text)


def test_a_reader_sees_no_buttons_and_is_refused_with_what_was_typed(world: World) -> None:
    path = quarantined(world, b"[1, 2")
    assert not has_form(world.reader.get(path).text)
    sent = world.reader.post(f"{path}/dismiss", data={"reason": "Mine"})
    assert (403, True, True) == (
        sent.status_code,
        "needs scope operate" in sent.text,
        ">Mine</textarea>" in sent.text,
    )
    other = {"Sec-Fetch-Site": "cross-site"}
    typed = unseen(world.operator.get(path).text, "retry")
    assert 403 == world.operator.post(f"{path}/retry", data=typed, headers=other).status_code
    forged = world.operator.post(f"{path}/dismiss", data={"reason": "Forged"})
    assert (409, True) == (forged.status_code, ">Forged</textarea>" in forged.text)


def test_an_unknown_entry_is_not_found_in_words(world: World) -> None:
    known = world.operator.get(quarantined(world, b"{")).text
    answers = (
        world.operator.get("/quarantine/nope"),
        world.operator.post("/quarantine/nope/retry", data=unseen(known, "retry")),
        world.operator.post(
            "/quarantine/nope/dismiss", data={**unseen(known, "dismiss"), "reason": "x"}
        ),
    )
    for answer in answers:
        assert 404 == answer.status_code
        assert "There is no quarantine entry 'nope'" in unescape(answer.text)
