"""What is typed in a page stays: while it refreshes, the server restarts, the session ends."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.browser import log_in_link
from tests.e2e.driving import Driven
from tests.e2e.keyboard import ENTER, Keyboard
from tests.e2e.reading import settled
from tests.e2e.server import Server, add_token, client

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

FOCUS = "(document.activeElement ?? {})"
NEWS = "document.getElementById('news').textContent"
ACTION = "document.querySelector('#act-contain [name=action]').value"
NOTES = "[...document.querySelectorAll('#act-contain .note')].map(e => e.textContent).join(' ')"


class World(NamedTuple):
    """A server, a browser that is logged in as ada, her token, a reader's, and another's client."""

    server: Server
    tab: Driven
    token: str
    reader: str
    other: httpx.Client

    @property
    def keys(self) -> Keyboard:
        return Keyboard(self.tab)

    def report(self, title: str) -> str:
        """The path of a new incident's page."""
        made = self.other.post("/v1/incidents", json={"title": title, "system": "chat"}).json()
        leaf = made["reference"].removeprefix("INC-")
        self.other.get("/v1/incidents", params={"at_least": leaf}).raise_for_status()
        return f"/incidents/{made['reference']}"

    def tell(self, path: str, message: str) -> None:
        """Another person communicates something about an incident."""
        body = {"audience": "all", "message": message}
        self.other.post(f"/v1{path}/communicate", json=body).raise_for_status()

    def recorded(self, path: str, kind: str) -> list[dict[str, Any]]:
        """The incident's events of a kind, as the log has them."""
        settled(self.other)
        items = self.other.get(f"/v1{path}/timeline").raise_for_status().json()["items"]
        return [each for each in items if each["type"] == f"incident.{kind}.v1"]

    def type_action(self, path: str, text: str) -> None:
        """Opens a page and types into its form that contains."""
        self.tab.open(f"{self.server.url}{path}")
        self.keys.unfold("contain")
        self.keys.fill(action=text)


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    data = tmp_path / "data"
    token, reader = add_token(data, "ada", Scope.OPERATE), add_token(data, "rita")
    other = add_token(data, "bob", Scope.OPERATE)
    with (
        Server(data) as server,
        Driven() as tab,
        client(server, other) as bob,
    ):
        tab.look(width=1024)
        tab.open(log_in_link(server.url, token))
        yield World(server, tab, token, reader, bob)


def test_a_page_shows_what_others_record_and_leaves_the_form_in_which_somebody_types(
    world: World,
) -> None:
    tab, path = world.tab, world.report("Watched")
    world.type_action(path, "Half a sent")
    tab.ask("document.querySelector('#act-waive').open = true")
    tab.ask("window.same = document.querySelector('#act-contain [name=action]')")
    tab.ask("window.scrollTo(0, 300)")
    tab.until("window.scrollY > 0")
    world.tell(path, "We know of it")
    tab.until("document.body.textContent.includes('We know of it')")
    reference = path.rpartition("/")[2]
    assert f"{reference} changed meanwhile" in tab.ask(NOTES)
    assert "Half a sent" == tab.ask(ACTION)
    assert tab.ask(f"{FOCUS} === window.same && document.querySelector('#act-waive').open")
    assert tab.ask("window.scrollY") > 0
    assert "Updated at" in tab.ask(NEWS)
    versions = "e => e.querySelector('input[name=_version]').value"
    asked = f"[...document.querySelectorAll('.command')].map({versions})"
    assert {"1", "2"} == set(tab.ask(asked))
    tab.write("ence")
    world.keys.follow("e.type === 'submit' && e.closest('#act-contain')")
    assert "What others recorded meanwhile" in tab.ask("document.body.textContent")
    assert "Half a sentence" == tab.ask("document.querySelector('[name=action]').value")
    assert "refused" == tab.ask(f"{FOCUS}.className")
    world.keys.follow("e.type === 'submit' && e.closest('.command')")
    tab.until(f"{FOCUS}.id === 'done'")
    assert 1 == len(world.recorded(path, "contained"))


def test_a_list_shows_a_new_incident_by_itself_and_a_hidden_tab_rests(world: World) -> None:
    tab = world.tab
    tab.open(f"{world.server.url}/")
    world.report("Appears by itself")
    tab.until("document.body.textContent.includes('Appears by itself')")
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s});"
    event = "document.dispatchEvent(new Event('visibilitychange'))"
    tab.ask(hide % "true" + event)
    asked = "performance.getEntriesByType('resource').length"
    before = tab.ask(asked)
    path = world.report("Came while hidden")
    world.other.get(f"/v1{path}").raise_for_status()
    assert before == tab.ask(asked)
    tab.ask(hide % "false" + event)
    tab.until("document.body.textContent.includes('Came while hidden')")


def test_a_restart_loses_nothing_and_doubles_nothing(world: World) -> None:
    tab, path = world.tab, world.report("Restarted")
    world.type_action(path, "Kept over a restart")
    world.server.kill()
    tab.until(f"{NEWS}.includes('does not answer')")
    world.keys.to("e.type === 'submit' && e.closest('#act-contain')")
    tab.press(*ENTER, text="\r")
    tab.until(f"{NOTES}.includes('The server does not answer')")
    assert "Kept over a restart" == tab.ask(ACTION)
    world.server.start()
    tab.until(f"{NEWS} === 'The server answers again.'")
    assert "" == tab.ask(NOTES)
    assert tab.ask(f"{FOCUS}.type === 'submit'")
    world.keys.send()
    tab.until(f"{FOCUS}.id === 'done'")
    assert 1 == len(world.recorded(path, "contained"))


def test_a_form_whose_answer_was_lost_is_sent_again_as_the_same_command(world: World) -> None:
    tab, path = world.tab, world.report("Lost")
    world.tab.open(f"{world.server.url}{path}")
    world.keys.unfold("communicate")
    world.keys.fill(audience="all", message="Once")
    tab.lose_answer("/communicate")
    world.keys.to("e.type === 'submit' && e.closest('#act-communicate')")
    tab.press(*ENTER, text="\r")
    tab.await_lost_answer()
    assert 1 == len(world.recorded(path, "communicated"))
    tab.open(f"{world.server.url}{path}")
    said = tab.ask("document.querySelector('#act-communicate .note').textContent")
    assert "You sent this, and no answer came" in said
    world.keys.follow("e.type === 'submit' && e.closest('#act-communicate')")
    tab.until(f"{FOCUS}.id === 'done'")
    assert 1 == len(world.recorded(path, "communicated"))
    assert "" == tab.ask("document.querySelector('#act-communicate [name=message]').value")


def test_after_an_expired_session_the_log_in_leads_back_to_the_form_and_its_text(
    world: World,
) -> None:
    tab, path = world.tab, world.report("Expired")
    world.type_action(path, "Typed before it expired")
    cookie = {"Cookie": f"airledger={tab.cookie('airledger')}"}
    httpx.post(f"{world.server.url}/logout", headers=cookie)
    world.keys.follow("e.type === 'submit' && e.closest('#act-contain')")
    assert "You are no longer logged in" in tab.ask(f"{FOCUS}.textContent")
    assert "Typed before it expired" == tab.ask("document.querySelector('[name=action]').value")
    world.keys.follow("e.textContent === 'Log in'")
    tab.until(f"{FOCUS}.name === 'token'")
    tab.write(world.token)
    world.keys.send()
    tab.until(f"location.pathname === {json.dumps(path)} && {FOCUS}.name === 'action'")
    assert "Typed before it expired" == tab.ask(f"{FOCUS}.value")
    assert "What you typed before is here again" in tab.ask(NOTES)
    world.keys.follow("e.type === 'submit' && e.closest('#act-contain')")
    tab.until(f"{FOCUS}.id === 'done'")
    assert 1 == len(world.recorded(path, "contained"))


def test_a_reload_brings_back_what_was_typed_without_tokens_and_it_can_be_discarded(
    world: World,
) -> None:
    tab, path = world.tab, world.report("Reloaded")
    world.type_action(path, "Typed before the reload")
    kept = tab.ask("JSON.stringify({...sessionStorage})")
    hidden = tab.ask("document.querySelector('[name=_token]').value")
    assert ("Typed before the reload" in kept, hidden in kept) == (True, False)
    tab.open(f"{world.server.url}{path}")
    assert "Typed before the reload" == tab.ask(ACTION)
    world.keys.follow_in_page("e.textContent === 'Discard it'")
    tab.until(f"{ACTION} === ''")
    assert "action" == tab.ask(f"{FOCUS}.name")
    tab.open(f"{world.server.url}{path}")
    assert "" == tab.ask(ACTION)


def test_who_logs_out_or_is_another_person_leaves_and_finds_no_text(world: World) -> None:
    tab, path = world.tab, world.report("Private")
    world.type_action(path, "Ada's words")
    tab.open(log_in_link(world.server.url, world.reader, path))
    assert tab.ask("document.querySelector('.command') === null")
    tab.open(log_in_link(world.server.url, world.token, path))
    assert "Ada's words" == tab.ask(ACTION)
    world.keys.follow("e.textContent === 'Log out'")
    assert "Ada" not in tab.ask("JSON.stringify({...sessionStorage})")


def test_a_double_click_is_one_command(world: World) -> None:
    tab, path = world.tab, world.report("Twice")
    world.tab.open(f"{world.server.url}{path}")
    world.keys.unfold("communicate")
    world.keys.fill(audience="all", message="Once")
    tab.click("#act-communicate button[type=submit]", times=2)
    tab.until(f"{FOCUS}.id === 'done'")
    assert 1 == len(world.recorded(path, "communicated"))


def test_a_token_that_may_only_read_is_refused_in_words_and_the_text_stays(world: World) -> None:
    tab, path = world.tab, world.report("Taken over")
    world.type_action(path, "Written as ada")
    with httpx.Client() as rita:
        rita.post(f"{world.server.url}/login", data={"token": world.reader})
        tab.set_cookie(world.server.url, "airledger", rita.cookies["airledger"])
    world.keys.follow("e.type === 'submit' && e.closest('#act-contain')")
    assert "needs scope operate" in tab.ask(f"{FOCUS}.textContent")
    assert "Written as ada" == tab.ask("document.querySelector('[name=action]').value")
    assert [] == world.recorded(path, "contained")


def test_a_form_of_another_site_is_refused_in_words(world: World) -> None:
    tab, path = world.tab, world.report("Attacked")
    form = (
        f"<form method=post action={world.server.url}{path}/contain>"
        "<input name=action value=Forged><button>Win</button></form>"
    )
    tab.open(f"data:text/html,{form}")
    world.keys.follow("e.textContent === 'Win'")
    assert "sent by a page of another site" in tab.ask("document.body.textContent")
    assert [] == world.recorded(path, "contained")
