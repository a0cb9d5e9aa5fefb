"""A system from its registration to its measurements in a real browser, by keyboard alone."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.server import Server, add_token, client, complaints
from tests.e2e.test_login_links import secret_of
from tests.e2e.test_working_by_keyboard import LABELLED
from tests.harness.homes import environment
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

PERSON = "Gita Lead"
TOLD = "document.querySelector('#main').textContent.replace(/\\s+/g, ' ')"
HIDDEN_FOCUS = """
(() => {
  const e = document.activeElement;
  if (e === document.body || e.id === "main") return "";
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  if (!box.width || !box.height) return "has no size: " + e.outerHTML.slice(0, 120);
  if (style.outlineStyle === "none" || !parseFloat(style.outlineWidth))
    return "has no outline: " + e.outerHTML.slice(0, 120);
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height, 20) / 2, 0), innerHeight - 1);
  const at = document.elementFromPoint(x, y);
  if (!at || !(e.contains(at) || at.contains(e) || e.labels && [...e.labels].includes(at)))
    return "is behind another: " + e.outerHTML.slice(0, 120);
  return "";
})()
"""
"""Why the element with the focus is not seen (WCAG 2.2, 2.4.7 and 2.4.11); empty where it is."""


class Watched(Keyboard):
    """A keyboard at which each focus is seen, and no page is wider than the window."""

    def step(self) -> None:
        """Tab once, and look where it led."""
        super().step()
        assert "" == self.tab.ask(HIDDEN_FOCUS)

    def look_around(self, width: int) -> None:
        """The page with all that unfolds: nothing is cut off, and each field has its label."""
        self.tab.ask("document.querySelectorAll('main details').forEach(e => e.open = true)")
        assert self.tab.ask("document.documentElement.scrollWidth") <= width
        assert [] == self.tab.ask(LABELLED)
        self.tab.ask("document.querySelectorAll('main details').forEach(e => e.open = false)")

    def leave(self, condition: str) -> None:
        """A link of the navigation, whose places unfold."""
        self.to("e.matches('nav summary') && e.textContent === 'Systems'")
        self.tab.press("Enter", 13, text="\r")
        self.follow(f"e.closest('nav') && {condition}")

    def send_form(self, said: str) -> str:
        """Sends the form that has the focus; the reference of what it opened."""
        self.follow("e.type === 'submit' && e.closest('.command')")
        self.tab.until("document.activeElement.id === 'done'")
        assert f"Recorded: {said}." == self.tab.ask("document.activeElement.textContent")
        return str(self.tab.ask("location.pathname.split('/').pop()"))


class World(NamedTuple):
    """A server, a person of a role in a browser, and a program that sends measurements."""

    server: Server
    api: httpx.Client
    tab: Driven

    def has_one(self, path: str, system: str) -> None:
        """Waits until a list has something of a system."""
        until(
            lambda: bool(self.api.get(path, params={"system": system}).json()["items"]),
            f"{path} to have one of {system}",
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data: Path = tmp_path_factory.mktemp("systems") / "data"
    token = add_token(data, "probe", Scope.OPERATE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data, environment(data)))
        host.done("role", "grant", PERSON, "governance_lead")
        link = host.done("session", "link", PERSON, "--scope", "operate", "--json")
        tab = opened.enter_context(Driven())
        tab.open(f"{server.url}/login")
        Keyboard(tab).fill(token=secret_of(link))
        Keyboard(tab).send()
        tab.until(f"document.body.dataset.user === {json.dumps(PERSON)}")
        yield World(server, opened.enter_context(client(server, token)), tab)
        assert [] == complaints(server)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_system_is_registered_measured_and_judged_by_keyboard(world: World, width: int) -> None:
    tab, keys, name = world.tab, Watched(world.tab), f"tutor-{width}"
    tab.look(width=width)
    tab.open(f"{world.server.url}/today")
    keys.leave("e.textContent === 'Systems'")
    keys.follow("e.textContent === 'Register a system'")
    keys.look_around(width)
    keys.fill(system=name, title="Tutor", intended_purpose="Explains sums.", personal_data="no")
    keys.send_form("Register")
    page = tab.ask("location.pathname")
    assert "Tutor" in tab.ask("document.querySelector('h1').textContent")
    keys.look_around(width)
    keys.record("phase", phase="II")
    keys.record("classify", risk_class="High", basis="Annex III, 3 (a)")

    keys.follow("e.textContent === 'its evidence'")
    keys.follow("e.textContent === 'File evidence'")
    keys.look_around(width)
    digest = hashlib.sha256(name.encode()).hexdigest()
    keys.fill(kind="Legal", title="Legal basis", digest=digest, system=name)
    evidence = keys.send_form("File")
    keys.look_around(width)
    keys.record("attest", statement="It says article 6 (1) b.", role="Governance")
    keys.record("approve", role="Governance")
    assert "Approved" in tab.ask(TOLD)

    tab.open(f"{world.server.url}{page}")
    keys.record("phase", phase="III", evidence=evidence)
    assert "III Data preparation" in tab.ask(TOLD)

    keys.follow("e.textContent === 'its measurements'")
    for metric, value, unit in (("p95", "2.5", "s"), ("p95", "2.625", "s"), ("PSI", "0.3", "1")):
        keys.follow("e.textContent === 'Record a measurement'")
        keys.look_around(width)
        until_then = datetime.now(UTC) - timedelta(hours=3, minutes=-len(value))
        at = f"{until_then:%Y-%m-%dT%H:%M}"
        keys.fill(system=name, metric=metric, value=value, until=at, unit=unit, n="500")
        newest = keys.send_form("Record")
        assert metric in tab.ask(TOLD)
        keys.look_around(width)
        keys.leave("e.textContent === 'Measurements'")
    for path in ("/v1/breaches", "/v1/triggers"):
        world.has_one(path, name)

    keys.leave("e.textContent === 'Objectives'")
    keys.look_around(width)
    row = f"e.search.includes({json.dumps(f'system={name}')})"
    keys.follow(f"e.textContent === 'latency' && {row}")
    keys.look_around(width)
    assert "Breached" in tab.ask(TOLD)
    keys.follow("e.textContent === 'its breaches'")
    keys.look_around(width)
    keys.follow("e.matches('td .ref')")
    keys.look_around(width)
    assert name in tab.ask(TOLD)
    keys.leave("e.textContent === 'Triggers'")
    keys.look_around(width)
    assert name in tab.ask(TOLD)
    keys.follow("e.matches('td .ref')")
    keys.look_around(width)

    keys.leave("e.textContent === 'Measurements'")
    keys.look_around(width)
    keys.follow(f"e.textContent === {json.dumps(newest)}")
    keys.record("retract", reason="The probe was wrong.")
    assert "The probe was wrong." in tab.ask(TOLD)
