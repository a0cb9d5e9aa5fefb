"""The link of a notification: to open it does nothing, its button acknowledges once."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.driving import Driven
from tests.e2e.keyboard import ENTER
from tests.e2e.server import Server, add_person, add_token, client
from tests.e2e.test_notifications import channels, data_of
from tests.harness.homes import environment
from tests.harness.process import until
from tests.harness.receiver import Receiver, receiver
from tests.unit.cli.processes import Airledger
from tests.unit.policy.rules import telling

TITLE = "A <canary> in the title"
GONE = "This link works no more"


class World(NamedTuple):
    """A server that tells a receiver, an operator's client, and one that nobody is logged in to."""

    server: Server
    told: Receiver
    api: httpx.Client
    stranger: httpx.Client
    host: Airledger

    def told_of(self, ref: str) -> str:
        """The path of the link that was sent about an incident."""

        def links() -> list[str]:
            found = [data_of(got) for got in self.told.got]
            return [str(each["acknowledge"]) for each in found if each["reference"] == ref]

        until(lambda: bool(links()), "the receiver is told")
        assert links()[-1].startswith("http://ledger.example/acknowledge/")
        return links()[-1].removeprefix("http://ledger.example")

    def report(self) -> str:
        body = {"title": TITLE, "system": "chat", "severity": "critical"}
        answer = self.api.post("/v1/incidents", json=body).raise_for_status()
        return str(answer.json()["reference"])

    def acknowledged(self, ref: str) -> list[str]:
        """Who did, by the record."""
        events = reading.events(self.api, subject=f"incident/{ref}")
        return [each["actor"] for each in events if each["type"] == "incident.acknowledged.v1"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root = add_token(data, "root", Scope.ADMIN)
    with ExitStack() as opened:
        told = opened.enter_context(receiver())
        env = channels(told)
        server = opened.enter_context(Server(data, env=env))
        api = opened.enter_context(client(server, root))
        policy = {"text": telling("risk-manager"), "reason": "Tell"}
        assert api.post("/v1/policy", json=policy).is_success
        stranger = opened.enter_context(httpx.Client(base_url=server.url, timeout=30))
        host = opened.enter_context(Airledger(data, {**environment(data), **env}))
        yield World(server, told, api, stranger, host)


def test_the_button_acknowledges_once_and_to_open_the_page_does_nothing(world: World) -> None:
    ref = world.report()
    path = world.told_of(ref)
    for _ in range(2):
        page = world.stranger.get(path)
        assert 200 == page.status_code
        assert ref in page.text
        assert "canary" not in page.text
        assert "no-referrer" == page.headers["referrer-policy"]
    assert [] == world.acknowledged(ref)
    assert "on record" in world.stranger.post(path).raise_for_status().text
    [actor] = world.acknowledged(ref)
    assert re.fullmatch(r"delivery/[0-9a-f-]{36}", actor)
    assert 404 == world.stranger.post(path).status_code
    again = world.stranger.get(path)
    assert (404, True) == (again.status_code, GONE in again.text)
    assert 1 == len(world.acknowledged(ref))
    timeline = world.api.get(f"/v1/incidents/{ref}/timeline").json()["items"]
    assert any("Acknowledged by the link" in each["text"] for each in timeline)


def test_who_is_logged_in_acknowledges_as_himself(world: World, tmp_path: Path) -> None:
    ada = add_person(tmp_path / "data", "Ada", Scope.READ, command_line=False)
    path = world.told_of(ref := world.report())
    world.stranger.post(path, headers={"Cookie": f"airledger={ada}"}).raise_for_status()
    [actor] = world.acknowledged(ref)
    assert actor.startswith("person/")


def test_a_link_of_nobody_and_a_form_of_another_site_are_refused(world: World) -> None:
    path = world.told_of(ref := world.report())
    for secret in ("", "x" * 43, "%F0%9F%92%A5", "a" * 4_000, "..%2f..%2fetc"):
        assert world.stranger.get(f"/acknowledge/{secret}").status_code in {404, 414}
        assert world.stranger.post(f"/acknowledge/{secret}").status_code in {404, 405, 414}
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert 403 == world.stranger.post(path, headers=elsewhere).status_code
    assert [] == world.acknowledged(ref)
    world.api.post(f"/v1/incidents/{ref}/dismiss", json={"reason": "A drill"}).raise_for_status()
    refused = world.stranger.post(path)
    over = f"{ref} was dismissed: there is nothing to acknowledge."
    assert (409, True) == (refused.status_code, over in refused.text)
    opened = world.stranger.get(path)
    assert opened.is_success  # it was not used up
    assert over in opened.text
    assert "<button" not in opened.text.partition("<main")[2]


def test_a_person_acknowledges_by_command_and_route(world: World) -> None:
    ref = world.report()
    world.api.post(f"/v1/incidents/{ref}/acknowledge", json={}).raise_for_status()
    world.host.done("incident", "acknowledge", ref)
    assert 2 == len(world.acknowledged(ref))


@pytest.mark.slow
@pytest.mark.component("chromium")
@pytest.mark.only_on("sqlite", "what a browser does with a page is the same on any store")
def test_it_is_acknowledged_by_keyboard(world: World, tmp_path: Path) -> None:
    path = world.told_of(ref := world.report())
    with Driven() as tab:
        tab.open(f"{world.server.url}{path}")
        tab.until("document.activeElement.textContent === 'Acknowledge'")
        tab.press(*ENTER, text="\r")
        tab.until("document.querySelector('[role=status].good') !== null")
    assert 1 == len(world.acknowledged(ref))
