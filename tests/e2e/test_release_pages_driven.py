"""A release in a real browser, by keyboard alone, on a wide and on a narrow screen."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.web.sessions import COOKIE
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.release_pages import page_of, session_of
from tests.e2e.releases import SYSTEM, Team, path, team
from tests.e2e.server import complaints
from tests.e2e.test_report_pages_driven import TOO_FAINT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

TOLD = "document.querySelector('#main').textContent.replace(/\\s+/g, ' ')"
SIGNED = (
    "[...document.querySelectorAll('[aria-labelledby=signed] tbody tr')]"
    ".map(each => each.querySelector('.dot').textContent)"
)
OFFERED = "[...document.querySelectorAll('form.command')].map(each => each.dataset.form)"
HOSTILE = "<img src=x onerror=\"document.title='owned'\">" + "long" * 40


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team(tmp_path_factory.mktemp("releases")) as found:
        yield found
        assert [] == complaints(found.server)


@pytest.fixture
def tab() -> Iterator[Driven]:
    with Driven() as found:
        yield found


def sit_down(at_work: Team, tab: Driven, name: str, where: str) -> Keyboard:
    """One of the team opens a page in a session of his own."""
    tab.set_cookie(at_work.server.url, COOKIE, session_of(at_work, name))
    tab.open(f"{at_work.server.url}{where}")
    tab.until(f"document.body.dataset.user === {json.dumps(name)}")
    return Keyboard(tab)


def record(keys: Keyboard, command: str, said: str, **typed: str) -> None:
    """The form of a command, filled in and sent by keyboard."""
    keys.unfold(command)
    keys.fill(**typed)
    keys.follow("e.type === 'submit' && e.closest('.command')")
    keys.tab.until("document.activeElement.id === 'done'")
    assert f"Recorded: {said}." == keys.tab.ask("document.activeElement.textContent")


def test_two_persons_sign_and_one_decides_by_keyboard(at_work: Team, tab: Driven) -> None:
    at_work.propose("1.0.0")
    at_work.document("1.0.0")
    at_work.evaluate("1.0.0")
    at_work.settled_check("1.0.0")
    tab.look(width=1440)
    keys = sit_down(at_work, tab, "pia", page_of("1.0.0"))
    assert tab.ask("document.querySelector('#act-sign-off').open")
    record(keys, "sign-off", "Sign off", role="Product Owner")
    tab.look(width=390)
    keys = sit_down(at_work, tab, "lea", page_of("1.0.0"))
    record(keys, "sign-off", "Sign off", role="Governance Lead")
    assert ["Counts", "Counts"] == tab.ask(SIGNED)
    assert tab.ask("document.querySelector('#act-decide').open")
    record(keys, "decide", "Decide", decision="Go", conditions="Test Romansh.")
    assert "Decided: go" in tab.ask(TOLD)
    keys.follow("e.textContent === 'Explained'")
    assert "again comes to the same" in tab.ask(TOLD)


def test_a_statement_that_was_typed_stays_and_is_signed_with_what_the_page_then_shows(
    at_work: Team, tab: Driven
) -> None:
    at_work.propose("1.1.0")
    tab.look(width=1440)
    keys = sit_down(at_work, tab, "pia", page_of("1.1.0"))
    record(keys, "sign-off", "Sign off", role="Product Owner")
    keys = sit_down(at_work, tab, "lea", page_of("1.1.0"))
    keys.unfold("sign-off")
    keys.fill(role="Governance Lead", statement="I read the cards.")
    amended = {"reason": "Another prompt.", "artefacts": [f"prompt:triage@sha256:{'cd' * 32}"]}
    at_work.pipeline.post(f"{path('1.1.0')}/amend", json=amended).raise_for_status()
    keys.follow("e.type === 'submit' && e.closest('.command')")
    assert "Another prompt." in tab.ask(TOLD)
    keys.follow("e.type === 'submit' && e.closest('.command')")
    assert "The release is not what you saw" in tab.ask(TOLD)
    keys.follow("e.matches('.path a')")
    assert ["Stale"] == tab.ask(SIGNED)
    statement = "document.querySelector('#act-sign-off [name=statement]').value"
    assert "I read the cards." == tab.ask(statement)
    keys.to("e.name === 'statement'")
    keys.follow("e.type === 'submit' && e.closest('#act-sign-off')")
    tab.until("document.activeElement.id === 'done'")
    assert ["Stale", "Counts"] == tab.ask(SIGNED)


def test_the_pages_of_releases_fit_and_can_be_read(tmp_path: Path, tab: Driven) -> None:
    with team(tmp_path) as at_work:
        places = worst_of(at_work)
        tab.look(width=1440)
        sit_down(at_work, tab, "pia", "/today")
        for width in (1440, 390):
            tab.look(width=width)
            for place in places:
                tab.open(f"{at_work.server.url}{place}")
                tab.ask("document.querySelectorAll('main details').forEach(e => e.open = true)")
                across = tab.ask("document.documentElement.scrollWidth")
                assert (place, True) == (place, across <= width), across
                assert [] == tab.ask(TOO_FAINT)
                assert tab.ask("document.title").endswith(" · airledger")
                assert "Not found" not in tab.ask(TOLD)


def worst_of(at_work: Team) -> tuple[str, ...]:
    """Pages about a release that went through all gates, and one of which all is hostile."""
    at_work.go("1.0.0")
    at_work.deploy("1.0.0")
    not_so = {"requirement": "fairness", "reason": HOSTILE, "role": "product_owner"}
    at_work.owner.post(f"{path('1.0.0')}/exclude", json=not_so).raise_for_status()
    made = {"summary": HOSTILE, "artefacts": [f"prompt:{HOSTILE[:150]}@sha256:{'ab' * 32}"]}
    at_work.propose("1.1.0", **made)
    no = {"decision": "no_go", "reason": HOSTILE}
    at_work.owner.post(f"{path('1.1.0')}/decide", json=no).raise_for_status()
    system = {"system": SYSTEM, "title": HOSTILE, "intended_purpose": HOSTILE}
    at_work.pipeline.post("/v1/systems", json=system).raise_for_status()
    at_work.settle()
    explained = f"{page_of('1.0.0')}/explain"
    listed = ("/releases", "/today", f"/systems/{SYSTEM}")
    return (page_of("1.0.0"), page_of("1.1.0"), explained, *listed)
