"""A changed law in a real browser: a person assesses by keyboard alone, wide and narrow."""

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
from tests.e2e.server import Server, add_person, add_token, client, complaints
from tests.e2e.test_report_pages_driven import TOO_FAINT
from tests.harness.process import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

LAW = "/standards/eu_ai_act"
HOSTILE = "<img src=x onerror=\"document.title='owned'\">" + "long" * 40
CONTROLS = 16 + 6
"""Those that the shipped policy maps to the law: of a system, and of the organisation."""


class Desk(NamedTuple):
    """A server, an operator's client, and a person's session in a browser."""

    server: Server
    api: httpx.Client
    session: str
    tab: Driven

    def opens(self, path: str) -> Keyboard:
        """The person opens a page."""
        self.tab.set_cookie(self.server.url, COOKIE, self.session)
        self.tab.open(f"{self.server.url}{path}")
        self.tab.until("document.body.dataset.user === 'Rosa Manager'")
        return Keyboard(self.tab)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data = tmp_path_factory.mktemp("law") / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    session = add_person(data, "Rosa Manager", Scope.OPERATE, command_line=False)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        api = opened.enter_context(client(server, token))
        tab = opened.enter_context(Driven())
        found = Desk(server, api, session, tab)
        body = {"system": "chat", "title": "Chat", "intended_purpose": "Answers."}
        api.post("/v1/systems", json=body).raise_for_status()
        law = {"standard": "eu_ai_act", "edition": "2024", "review_due": "2099-01-01T00:00:00Z"}
        api.post("/v1/standards", json=law).raise_for_status()
        change = {"edition": "2026", "summary": HOSTILE}
        api.post(f"/v1{LAW}/change", json=change).raise_for_status()

        def called_for() -> bool:
            reading.settled(api)
            counts = api.get(f"/v1{LAW}/coverage").json()["counts"]
            return bool(counts == {"reassessment_due": CONTROLS})

        until(called_for, "each control is called for")
        yield found
        assert [] == complaints(server)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_control_that_a_law_touches_is_found_and_assessed_by_keyboard(
    desk: Desk, width: int
) -> None:
    control = {1440: "oversight", 390: "transparency"}[width]
    desk.tab.look(width=width)
    keys = desk.opens(LAW)
    keys.follow(f"e.getAttribute('aria-label') === 'Assess {control} of chat'")
    words = "document.querySelector('[name=control]').value"
    assert control == desk.tab.ask(words)
    assert "chat" == desk.tab.ask("document.querySelector('[name=system]').value")
    keys.fill(design="Effective", operating="Partly")
    keys.follow("e.type === 'submit' && e.closest('.command')")
    desk.tab.until("document.querySelector('#main').textContent.includes('Partly effective')")
    told = desk.tab.ask("document.querySelector('#main').textContent.replace(/\\s+/g, ' ')")
    assert "by Rosa Manager" in told
    assert "To be assessed again until" in told  # on its timeline


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "path", [LAW, f"{LAW}?system=chat", "/standards", "/controls", "/controls/data@chat"]
)
def test_pages_of_standards_fit_are_legible_and_run_no_text(
    desk: Desk, path: str, width: int
) -> None:
    desk.tab.look(width=width)
    desk.opens(path)
    assert desk.tab.ask("document.documentElement.scrollWidth") <= width
    assert [] == desk.tab.ask(TOO_FAINT)
    assert "owned" != desk.tab.ask("document.title")


def test_the_coverage_of_one_system_is_chosen_by_keyboard(desk: Desk) -> None:
    body = {"system": "search", "title": "Search", "intended_purpose": "Finds."}
    desk.api.post("/v1/systems", json=body)
    reading.settled(desk.api)
    desk.tab.look(width=390)
    keys = desk.opens(LAW)
    keys.to("e.name === 'system' && e.closest('section')")
    keys.choose("search")
    keys.follow("e.type === 'submit' && e.textContent === 'Show'")
    desk.tab.until("document.querySelector('#coverage').textContent === 'Coverage of search'")
    counts = desk.tab.ask("document.querySelector('#main').textContent.replace(/\\s+/g, ' ')")
    assert "16 not assessed" in counts
