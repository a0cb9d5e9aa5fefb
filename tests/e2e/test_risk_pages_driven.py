"""The pages of risks in a real browser, by keyboard alone, on a wide and on a narrow screen."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import httpx
import pytest

from consumers.web.sessions import COOKIE
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.server import Server, add_person, client, complaints
from tests.e2e.test_keyboard_systems import Watched
from tests.e2e.test_risk_map import RISKS, _identified
from tests.unit.cli.processes import Airledger

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

TOLD = "document.querySelector('#main').textContent.replace(/\\s+/g, ' ')"
ROWS = "[...document.querySelectorAll('table')].at(-1).querySelectorAll('tbody tr').length"
HEADS = (
    "[...document.querySelectorAll('.riskmap th')].map(each => each.scope + ' ' + each.textContent)"
)


class World(NamedTuple):
    """A server, who operates it, the browser sessions of people, and the risks by title."""

    server: Server
    operator: httpx.Client
    sessions: dict[str, str]
    refs: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("pages") / "data"
    secret = add_person(data, "ada", Scope.OPERATE)
    sessions = {
        name: add_person(data, name, Scope.OPERATE, command_line=False) for name in ("ada", "gita")
    }
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data))
        host.done("role", "grant", "gita", "governance_lead")
        operator = opened.enter_context(client(server, secret))
        refs = {title: _identified(operator, title, *rest) for title, *rest in RISKS}
        body = {"system": "tutor", "title": "Tutor", "intended_purpose": "Helps pupils."}
        operator.post("/v1/systems", json=body).raise_for_status()
        reading.settled(operator)
        yield World(server, operator, sessions, refs)
        assert [] == complaints(server)


@pytest.fixture
def tab() -> Iterator[Driven]:
    with Driven() as found:
        yield found


def sit_down(world: World, tab: Driven, name: str, where: str) -> Watched:
    """Somebody opens a page in a session of his own."""
    tab.set_cookie(world.server.url, COOKIE, world.sessions[name])
    tab.open(f"{world.server.url}{where}")
    tab.until(f"document.body.dataset.user === {json.dumps(name)}")
    return Watched(tab)


def record(keys: Keyboard, command: str, said: str, **typed: str) -> None:
    """The form of a command, filled in and sent by keyboard."""
    keys.unfold(command)
    keys.fill(**typed)
    keys.follow("e.type === 'submit' && e.closest('.command')")
    keys.tab.until("document.activeElement.id === 'done'")
    assert f"Recorded: {said}." == keys.tab.ask("document.activeElement.textContent")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_cell_of_the_heat_map_leads_to_its_risks_and_keeps_the_level(
    world: World, tab: Driven, width: int
) -> None:
    tab.look(width=width)
    keys = sit_down(world, tab, "ada", "/risks")
    keys.look_around(width)
    heads = tab.ask(HEADS)
    assert {"col Negligible", "col Severe", "row Almost certain", "row Rare"} <= set(heads)
    assert 10 == len(heads)
    linked = "[...document.querySelectorAll('.riskmap a strong')].map(e => +e.innerText)"
    found = world.operator.get("/v1/risks/heat-map").raise_for_status().json()
    counts = [cell["count"] for row in found["rows"] for cell in row["cells"]]
    shown = sorted(each for each in counts if each)
    assert shown == sorted(tab.ask(linked)), "empty cells are no links"
    keys.to("e.getAttribute('aria-label') === '1 risk: Likely, Severe, Extreme'")
    keys.send()
    assert 1 == tab.ask(ROWS)
    assert "Wrong doses" in tab.ask("[...document.querySelectorAll('table')].at(-1).textContent")
    exported = tab.ask("document.querySelector('.exports a').getAttribute('href')")
    assert "current_likelihood=likely&current_impact=severe&sort=-reference&format=csv" in exported
    keys.follow("e.textContent === 'Inherent'")
    assert "4 not assessed so" in tab.ask(TOLD)
    assert "level" not in tab.ask("document.querySelector('.exports a').getAttribute('href')")
    if width > 900:  # a narrow page has no heads of columns
        keys.follow("e.closest('th') && e.textContent === 'Title'")
        assert "level=inherent" in tab.ask("location.search")
    keys.look_around(width)


@pytest.mark.parametrize("width", [1440, 390])
def test_what_is_above_tolerance_is_two_links_away(world: World, tab: Driven, width: int) -> None:
    tab.look(width=width)
    keys = sit_down(world, tab, "ada", "/risks")
    keys.follow_in_page("e.textContent === 'Above tolerance'")
    tab.until("location.hash === '#above'")
    assert 1 == keys.to(f"e.textContent === '{world.refs['Wrong doses']}'")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_movement_and_the_page_of_a_system_fit_the_screen(
    world: World, tab: Driven, width: int
) -> None:
    tab.look(width=width)
    keys = sit_down(world, tab, "ada", "/risks")
    keys.follow("e.textContent === 'Movement'")
    assert "4 new" in tab.ask(TOLD)
    keys.look_around(width)
    keys.to("e.name === 'system'")
    keys.choose("tutor")
    keys.follow("e.type === 'submit' && e.closest('.filters')")
    assert "2 new" in tab.ask(TOLD)
    keys = sit_down(world, tab, "ada", "/systems/tutor")
    assert "Wrong doses" in tab.ask("document.querySelector('[aria-labelledby=risks]').textContent")
    keys.look_around(width)


def test_a_risk_is_treated_asked_for_and_accepted_by_somebody_else_by_keyboard(
    world: World, tab: Driven
) -> None:
    page = f"/risks/{world.refs['Wrong doses']}"
    tab.look(width=390)
    keys = sit_down(world, tab, "ada", page)
    assert tab.ask("document.querySelector('#act-treat').open")
    keys.look_around(390)
    assert "tolerated is Medium at most" in tab.ask(TOLD)
    assert not tab.ask("Boolean(document.querySelector('#act-accept'))")
    record(keys, "request-acceptance", "Request acceptance", reason="Until the filter works.")
    assert "Acceptance: asked for" in tab.ask(TOLD)
    assert "gita" in tab.ask("document.querySelector('[aria-labelledby=accepted]').textContent")
    tab.look(width=1440)
    keys = sit_down(world, tab, "gita", page)
    assert tab.ask("document.querySelector('#act-accept').open")
    keys.look_around(1440)
    record(keys, "accept", "Accept", reason="The filter is nearly there.")
    assert "Acceptance: holds" in tab.ask(TOLD)
    assert "as Governance Lead" in tab.ask(TOLD)


def test_a_risk_that_nobody_assessed_says_so_and_offers_to_assess_it(
    world: World, tab: Driven
) -> None:
    tab.look(width=1440)
    keys = sit_down(world, tab, "ada", f"/risks/{world.refs['Not looked at']}")
    assert "Not assessed" in tab.ask("document.querySelector('.standing').textContent")
    record(
        keys,
        "assess",
        "Assess",
        level="Current",
        likelihood="Rare",
        impact="Minor",
        rationale="Looked at.",
    )
    assert "Within tolerance" in tab.ask("document.querySelector('.standing').textContent")
