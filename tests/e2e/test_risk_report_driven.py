"""The board's report in a real browser: by keyboard alone, wide and narrow."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from consumers.web.sessions import COOKIE
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.driving import Driven
from tests.e2e.server import Server, add_person, client, complaints
from tests.e2e.test_improvement_board import filled
from tests.e2e.test_keyboard_systems import Watched
from tests.e2e.test_report_pages_driven import ENTER, TOO_FAINT
from tests.e2e.test_risk_map import RISKS, _identified
from tests.harness.process import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

PAGE, WIDTHS = "/risk-report", pytest.mark.parametrize("width", [1440, 390])
TILE = "e.matches('.tiles .bad a') && e.innerText.startsWith('{}')"
UNMARKED = """
[...document.querySelectorAll('tbody a')].filter(
  e => getComputedStyle(e).textDecorationLine !== 'underline').map(e => e.outerHTML)
"""
"""Links in tables that look like text."""


class Board(NamedTuple):
    """A server with risks and improvements, and a person's session in a browser."""

    server: Server
    risks: dict[str, str]
    improvements: dict[str, str]
    incident: str
    session: str
    tab: Driven

    def opens(self, path: str, width: int) -> Watched:
        """The person opens a page."""
        self.tab.look(width=width)
        self.tab.set_cookie(self.server.url, COOKIE, self.session)
        self.tab.open(f"{self.server.url}{path}")
        self.tab.until("document.body.dataset.user === 'Rosa Manager'")
        return Watched(self.tab)

    def goes_to(self, keys: Watched, tile: str, leads: str) -> int:
        """From a number of the summary to a link of its section; the stops between them."""
        keys.to(TILE.format(tile))
        self.tab.press(*ENTER, text="\r")
        self.tab.until("location.hash !== ''")
        return keys.to(f"e.closest('tbody') && e.textContent === '{leads}'")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    data = tmp_path_factory.mktemp("board") / "data"
    secret = add_person(data, "ada", Scope.OPERATE)
    session = add_person(data, "Rosa Manager", Scope.OPERATE, command_line=False)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        api = opened.enter_context(client(server, secret))

        def sent(path: str, **body: Any) -> str:
            answer = api.post(f"/v1/{path}", json=body)
            assert answer.is_success, answer.text
            return str(answer.json()["reference"])

        risks = {title: _identified(api, title, *rest) for title, *rest in RISKS}
        incident = sent("incidents", system="tutor", title="Told 10 mg", severity="high")
        sent(f"risks/{risks['Wrong doses']}/link-incident", incident=incident)
        improvements = filled(api)
        told = {
            "title": "Doses are read from the label",
            "improvement_kind": "risk",
            "cause": "incident",
            "cause_ref": incident,
        }
        late = sent("improvements", **told)
        due = datetime.now(UTC) + timedelta(seconds=1)
        sent(f"improvements/{late}/accept", owner="Ada", due=due.isoformat())

        def is_overdue() -> bool:
            reading.settled(api)
            found = api.get("/v1/improvements", params={"overdue": "true"}).json()["items"]
            return late in {each["reference"] for each in found}

        until(is_overdue, "the clock marks it")
        tab = opened.enter_context(Driven())
        yield Board(server, risks, {**improvements, "told": late}, incident, session, tab)
        assert [] == complaints(server)


@WIDTHS
def test_what_the_board_has_to_hear_leads_to_what_it_is_about(board: Board, width: int) -> None:
    keys = board.opens("/today", width)
    keys.to("e.matches('nav summary') && e.textContent === 'Risk'")
    board.tab.press(*ENTER, text="\r")
    keys.follow("e.closest('nav') && e.textContent === 'Report'")
    assert f"Risk report {datetime.now(UTC):%Y-%m}" == board.tab.ask(
        "document.querySelector('h1').innerText"
    )
    worst = board.risks["Wrong doses"]
    assert 1 == board.goes_to(keys, "Risks above tolerance", worst)
    assert 1 == keys.to(f"e.textContent === '{board.incident}'")
    keys = board.opens(PAGE, width)
    assert 2 == board.goes_to(keys, "Actions overdue", board.improvements["told"])
    row = board.tab.ask("document.activeElement.closest('tr').innerText")
    assert ("Doses are read from the label" in row, "ada" in row) == (True, True)
    keys.send()
    assert f"/improvements/{board.improvements['told']}" == board.tab.ask("location.pathname")


@WIDTHS
def test_another_month_is_chosen_by_keyboard(board: Board, width: int) -> None:
    keys = board.opens(PAGE, width)
    month = board.tab.ask("document.querySelector('[name=month]').value")
    keys.to("e.name === 'month'")
    board.tab.ask("document.activeElement.select()")
    board.tab.write("2999-01")
    keys.follow("e.type === 'submit' && e.closest('.filters')")
    assert "2999-01 begins" in board.tab.ask("document.body.innerText")
    keys = board.opens(f"{PAGE}?month={month}", width)
    assert "The month is not over" in board.tab.ask("document.body.innerText")


@WIDTHS
def test_the_report_fits_is_legible_and_marks_its_links(board: Board, width: int) -> None:
    keys = board.opens(PAGE, width)
    keys.look_around(width)
    assert [] == board.tab.ask(TOO_FAINT)
    assert [] == board.tab.ask(UNMARKED)
    levels = "[...document.querySelectorAll('h1, h2, h3')].map(e => Number(e.tagName[1]))"
    found = board.tab.ask(levels)
    assert 1 == found[0]
    assert all(after - before <= 1 for before, after in pairwise(found))
    assert 1 == found.count(1)
