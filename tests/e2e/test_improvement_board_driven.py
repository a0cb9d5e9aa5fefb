"""The board of improvements in a real browser: by keyboard alone, wide and narrow."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from consumers.web.sessions import COOKIE
from ledger.vocabulary import Scope
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.server import Server, add_person, add_token, client, complaints
from tests.e2e.test_improvement_board import PLANNED, filled
from tests.e2e.test_report_pages_driven import TOO_FAINT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

PAGE = "/improvements"
COLUMNS_ACROSS = """
new Set([...document.querySelectorAll('.phase')].map(e => e.getBoundingClientRect().left)).size
"""


class Desk(NamedTuple):
    """A server with improvements, and a person's session in a browser."""

    server: Server
    refs: dict[str, str]
    session: str
    tab: Driven

    def opens(self, path: str, width: int) -> Keyboard:
        """The person opens a page."""
        self.tab.look(width=width)
        self.tab.set_cookie(self.server.url, COOKIE, self.session)
        self.tab.open(f"{self.server.url}{path}")
        self.tab.until("document.body.dataset.user === 'Rosa Manager'")
        return Keyboard(self.tab)

    def list_text(self) -> str:
        """What the list below the board has."""
        return str(self.tab.ask("[...document.querySelectorAll('table.list')].at(-1).innerText"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data = tmp_path_factory.mktemp("board") / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    session = add_person(data, "Rosa Manager", Scope.OPERATE, command_line=False)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        api = opened.enter_context(client(server, token))
        tab = opened.enter_context(Driven())
        yield Desk(server, filled(api), session, tab)
        assert [] == complaints(server)


@pytest.mark.parametrize("width", [1440, 390])
def test_who_is_late_is_found_by_keyboard_and_leads_to_what_is_overdue(
    desk: Desk, width: int
) -> None:
    keys = desk.opens(PAGE, width)
    keys.follow("e.getAttribute('aria-label') === '1 overdue of Ada & Co'")
    desk.tab.until("location.search === '?owner=Ada+%26+Co&overdue=true'")
    rows = desk.list_text()
    assert desk.refs["late"] in rows
    assert desk.refs["soon"] not in rows
    keys = desk.opens(PAGE, width)
    keys.follow(f"e.closest('.card') && e.textContent === '{desk.refs['late']}'")
    desk.tab.until(f"location.pathname === '/improvements/{desk.refs['late']}'")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_rest_of_a_column_and_a_filter_are_reached_by_keyboard(desk: Desk, width: int) -> None:
    keys = desk.opens(PAGE, width)
    keys.follow(f"e.textContent === 'All {PLANNED} in Plan'")
    desk.tab.until("location.search === '?column=plan&sort=reference'")
    assert "Idea 21" in desk.list_text()
    keys = desk.opens(PAGE, width)
    keys.follow_in_page("e.getAttribute('href') === '#list'")
    if width == 390:  # a phone folds the filters
        keys.follow_in_page("e.matches('details.fold > summary')")
    stops = keys.to("e.name === 'column'")
    assert stops < 10, f"{stops} stops from the link to the list to its filter"
    keys.choose("Check")
    keys.follow("e.type === 'submit' && e.closest('.filters')")
    assert desk.refs["done"] in desk.list_text()
    assert desk.refs["soon"] not in desk.list_text()


@pytest.mark.parametrize(("width", "across"), [(1440, 4), (390, 1)])
def test_the_board_fits_is_legible_and_says_in_words_what_is_late(
    desk: Desk, width: int, across: int
) -> None:
    desk.opens(PAGE, width)
    assert desk.tab.ask("document.documentElement.scrollWidth") <= width
    assert [] == desk.tab.ask(TOO_FAINT)
    assert across == desk.tab.ask(COLUMNS_ACROSS)
    headings = "[...document.querySelectorAll('.phase h3')].map(e => e.innerText)"
    assert [f"Plan {PLANNED}", "Do 3", "Check 1", "Act 0"] == desk.tab.ask(headings)
    first = desk.tab.ask("document.querySelectorAll('.phase')[1].querySelector('.card').innerText")
    assert "overdue since" in first
