"""What needs somebody now is on one page, and the navigation has five places."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_source, add_token, client

NEEDED = re.compile(r'<th scope="row"[^>]*><a href="([^"]*)">(\d+)</a></th>')
IN_NAVIGATION = re.compile(r'<nav aria-label="Pages">(.*?)</nav>', re.DOTALL)


class World(NamedTuple):
    """A server, a program that operates, who may all, and who may report alone, in a browser."""

    api: httpx.Client
    admin: httpx.Client
    reporter: httpx.Client
    source: httpx.Client

    def needed(self) -> dict[str, int]:
        """How many rows wait, by the path that leads to them."""
        reading.settled(self.api)
        page = self.admin.get("/today").raise_for_status().text
        return {unescape(path): int(count) for path, count in NEEDED.findall(page)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    tokens = {
        scope: add_token(data, scope.value, scope)
        for scope in (Scope.OPERATE, Scope.ADMIN, Scope.REPORT)
    }
    source = add_source(data, "am", kind=SourceKind.ALERTMANAGER)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        yield World(
            opened.enter_context(client(server, tokens[Scope.OPERATE])),
            opened.enter_context(logged_in(server, tokens[Scope.ADMIN])),
            opened.enter_context(logged_in(server, tokens[Scope.REPORT])),
            opened.enter_context(client(server, source)),
        )


def test_today_counts_what_waits_and_each_count_leads_to_its_rows(world: World) -> None:
    assert {} == world.needed()
    assert "Nothing waits for anybody." in world.admin.get("/today").text
    for title in ("It broke", "It broke again"):
        report = {"title": title, "system": "chat"}
        assert world.api.post("/v1/incidents", json=report).is_success
    assert not world.source.post("/v1/signals/alertmanager", content=b"{").is_server_error
    needed = world.needed()
    assert (2, 1) == (needed["/?triage=true"], needed["/systems"])
    assert needed["/quarantine"] == 1
    system = {"system": "chat", "title": "Chat", "intended_purpose": "Answers."}
    assert world.api.post("/v1/systems", json=system).is_success
    after = world.needed()
    assert "/systems" not in after
    assert 0 < after["/objectives"]  # nothing was measured: no data is never a pass
    for path in after:
        assert world.admin.get(path).is_success, path
    rows = world.admin.get("/?triage=true").text
    assert 2 == len(set(re.findall(r'href="/incidents/(INC-\d+)"', rows)))


def test_the_navigation_has_five_places_and_every_page_is_in_one(world: World) -> None:
    page = world.admin.get("/today").text
    [navigation] = IN_NAVIGATION.findall(page)
    places = re.findall(r"<summary>([^<]*)</summary>", navigation)
    assert ["Incidents", "Systems", "Risk", "Ledger"] == places
    assert ["/today"] == re.findall(r'href="([^"]*)" aria-current="page"', navigation)
    paths = re.findall(r'href="([^"]*)"', navigation)
    assert len(paths) == len(set(paths))
    for path in paths:
        answer = world.admin.get(path)
        assert answer.is_success, path
        if path != "/docs":
            [shown] = IN_NAVIGATION.findall(answer.text)
            assert paths == re.findall(r'href="([^"]*)"', shown)
            assert 1 >= shown.count('class="place here"')


def test_who_may_report_alone_sees_no_other_place(world: World) -> None:
    page = world.reporter.get("/reports").raise_for_status().text
    [navigation] = IN_NAVIGATION.findall(page)
    assert ["/reports"] == re.findall(r'href="([^"]*)"', navigation)
    assert "<details" not in navigation
    assert 403 == world.reporter.get("/today").status_code


def test_risks_that_wait_are_counted_and_lead_to_their_rows(world: World) -> None:
    body = {"title": "It leaks names", "system": "chat", "category": "privacy", "owner": "ada"}
    ref = world.api.post("/v1/risks", json=body).raise_for_status().json()["reference"]
    assert 1 == world.needed()["/risks?status=open&tolerated=unknown"]
    assessed = {"level": "current", "likelihood": "likely", "impact": "severe", "rationale": "Seen"}
    world.api.post(f"/v1/risks/{ref}/assess", json=assessed).raise_for_status()
    waits = world.needed()
    path = "/risks?status=open&tolerated=no&acceptance=none"
    assert 1 == waits[path]
    assert "/risks?status=open&tolerated=unknown" not in waits
    assert ref in world.admin.get(path).raise_for_status().text
    asked = {"reason": "Until the filter is there."}
    world.api.post(f"/v1/risks/{ref}/request-acceptance", json=asked).raise_for_status()
    assert 1 == world.needed()["/risks?status=open&acceptance=requested"]
