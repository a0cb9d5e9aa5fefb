"""An incident from report to close in a real browser, by keyboard alone."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from ledger.vocabulary import Scope
from tests.e2e.browser import log_in_link
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.server import Server, add_token, complaints
from tests.e2e.test_report_pages_driven import TOO_FAINT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

LABELLED = """
[...document.querySelectorAll(".field > :is(input, select, textarea)")]
  .filter(each => !each.labels.length
    || (each.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean)
      .some(id => !document.getElementById(id)))
  .map(each => each.outerHTML)
"""
"""Fields without a label, or with a description that is not there."""


class World(NamedTuple):
    """A server, and a browser that is logged in with a token of scope operate."""

    server: Server
    tab: Driven


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("keyboard") / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    with Server(data) as server, Driven() as tab:
        tab.open(log_in_link(server.url, token))
        yield World(server, tab)
        assert [] == complaints(server)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_an_incident_is_reported_worked_through_corrected_and_closed_by_keyboard(
    world: World, width: int, dark: bool
) -> None:
    tab, keys = world.tab, Keyboard(world.tab)
    tab.look(width=width, dark=dark)
    tab.open(f"{world.server.url}/")
    keys.follow("e.textContent === 'Report an incident'")
    keys.fill(title=f"Answers leak prompts at {width}", system="chat", severity="High")
    keys.follow("e.type === 'submit' && e.closest('.command')")
    tab.until("document.activeElement.id === 'done'")
    assert "Recorded: Report." == tab.ask("document.activeElement.textContent")
    keys.record("contain", action="Traffic moved away")
    keys.record("communicate", audience="all", message="We know of it")
    keys.record("classify", category="Safety", severity="High", reason="It leaks")
    keys.record("ticket", url="https://tickets.example/1")
    keys.record("notify", channel="mail")
    keys.record("rollback/request", reason="Since release 8")
    keys.record("rollback/execute", snapshot="release/7")
    keys.record("rca/start")
    keys.record("rca/complete", summary="s", root_cause="A prompt template", actions="Test it")
    keys.record("playbook/update", playbook="leaks", change="One more check")
    keys.record("amend", field="title", to="Answers leaked prompts", reason="It is over")
    assert "Answers leaked prompts" in tab.ask("document.querySelector('h1').textContent")
    assert [] == tab.ask(LABELLED)
    assert [] == tab.ask(TOO_FAINT)
    tab.ask("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.ask("document.documentElement.scrollWidth") <= width
    keys.record("close", reason="No alert tells the end of it")
    assert "Closed" in tab.ask("document.querySelector('.marks').textContent")


def test_the_first_wrong_field_has_the_focus_and_says_what_is_wrong(world: World) -> None:
    tab, keys = world.tab, Keyboard(world.tab)
    tab.look(width=1440)
    tab.open(f"{world.server.url}/incidents/new")
    keys.fill(title="Wrong once", system=" ", description="Kept <b>text</b>")
    keys.follow("e.type === 'submit' && e.closest('.command')")
    tab.until("document.activeElement.name === 'system'")
    wrong = "document.activeElement"
    assert "true" == tab.ask(f"{wrong}.getAttribute('aria-invalid')")
    told = tab.ask(
        f"{wrong}.getAttribute('aria-describedby').split(' ')"
        ".map(id => document.getElementById(id).textContent).join(' ')"
    )
    assert "System: must not be empty" in told
    assert "Kept <b>text</b>" == tab.ask("document.querySelector('[name=description]').value")
    tab.write("chat")
    keys.follow("e.type === 'submit' && e.closest('.command')")
    tab.until("document.activeElement.id === 'done'")
    assert "Wrong once" in tab.ask("document.querySelector('h1').textContent")


def test_the_content_is_one_tab_away(world: World) -> None:
    tab, keys = world.tab, Keyboard(world.tab)
    tab.open(f"{world.server.url}/")
    assert 1 == keys.to("e.getAttribute('href') === '#main'")
    tab.press("Enter", 13, text="\r")
    tab.until("document.activeElement.id === 'main'")
