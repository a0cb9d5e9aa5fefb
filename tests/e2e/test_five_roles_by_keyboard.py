"""An incident's life by five roles in a real browser, by keyboard alone; links log them in."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.e2e.browser import log_in_link
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.people import (
    GOVERNANCE_LEAD,
    GUARDS,
    ML_ENGINEER,
    MLOPS_ENGINEER,
    PRODUCT_OWNER,
    RISK_MANAGER,
    Company,
    company,
)
from tests.e2e.server import complaints

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

OFFERED = "[...document.querySelectorAll('form.command')].map(each => each.dataset.form)"
TOLD = "document.querySelector('#main').textContent.replace(/\\s+/g, ' ')"


class World(NamedTuple):
    """A company, and the browser that its people share."""

    people: Company
    tab: Driven

    @property
    def keys(self) -> Keyboard:
        """The browser's keyboard."""
        return Keyboard(self.tab)

    def sit_down(self, name: str, path: str = "/") -> Keyboard:
        """Somebody pastes a one-time link's secret into the log-in form, and opens a page."""
        self.tab.open(f"{self.people.server.url}/login")
        self.keys.fill(token=self.people.link_for(name))
        self.keys.send()
        self.tab.until(f"document.body.dataset.user === {json.dumps(name)}")
        self.tab.open(f"{self.people.server.url}{path}")
        return self.keys


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("roles") / "data"
    with company(data) as people, Driven() as tab:
        tab.look(width=1440)
        yield World(people, tab)
        assert [] == complaints(people.server)


def test_five_roles_work_an_incident_from_report_to_close_by_keyboard(world: World) -> None:
    tab = world.tab
    keys = world.sit_down(PRODUCT_OWNER)
    keys.follow("e.textContent === 'Report an incident'")
    keys.fill(title="The tutor adds badly", system="tutor", severity="Medium")
    keys.follow("e.type === 'submit' && e.closest('.command')")
    tab.until("document.activeElement.id === 'done'")
    path = tab.ask("location.pathname")
    assert ["note"] == tab.ask(OFFERED)
    assert "Next: Contain. That is for ML Engineer" in tab.ask(TOLD)

    keys = world.sit_down(MLOPS_ENGINEER, path)
    keys.record("contain", action="Sums go to a calculator")
    keys.record("classify", category="Safety", severity="Medium", reason="Wrong sums")
    keys.record("rollback/request", reason="Since release 8")
    keys.record("rollback/execute", snapshot="release/7")
    assert "waive" not in tab.ask(OFFERED)

    keys = world.sit_down(ML_ENGINEER, path)
    keys.record("communicate", audience="Schools", message="We know of it")
    keys.record("ticket", url="https://tickets.example/1")
    keys.record("notify", channel="telephone")
    keys.record("rca/complete", summary="s", root_cause="Tokens", actions="A calculator")
    assert tab.ask("document.querySelector('#act-rca-approve').open")

    keys = world.sit_down(RISK_MANAGER, path)
    keys.record("rca/approve", comment="Read with care")

    keys = world.sit_down(GOVERNANCE_LEAD, path)
    assert {"waive", "restrict", "unrestrict", "note"} == set(tab.ask(OFFERED))
    assert "Next: Update playbook. That is for" in tab.ask(TOLD)
    keys.record("waive", step="Update", reason="The playbook has it")

    keys = world.sit_down(MLOPS_ENGINEER, path)
    assert tab.ask("document.querySelector('#act-close').open")
    keys.record("close", reason="Nobody complains")
    assert "Closed" in tab.ask("document.querySelector('.marks').textContent")
    told = tab.ask("document.querySelector('[aria-labelledby=timeline]').textContent")
    for role in ("mlops_engineer", "ml_engineer", "risk_manager", "governance_lead"):
        assert f"as {GUARDS.role_labels[role]}" in told
    assert "The log is whole" in world.people.host.done("verify").text


def test_who_lost_his_role_meanwhile_is_refused_and_keeps_what_he_typed(world: World) -> None:
    tab, host = world.tab, world.people.host
    path = world.people[PRODUCT_OWNER].reports(title="Once more", system="chat", severity="low")
    keys = world.sit_down(ML_ENGINEER, path)
    keys.unfold("contain")
    keys.fill(action="Kept words")
    host.done("role", "revoke", ML_ENGINEER, "ml_engineer", "--reason", "Another team")
    try:
        keys.follow("e.type === 'submit'")
        tab.until("document.activeElement.matches('.refused')")
        assert "by the row 'response'" in tab.ask("document.activeElement.textContent")
        assert "Roles held: none." in tab.ask("document.activeElement.textContent")
        assert "Kept words" == tab.ask("document.querySelector('[name=action]').value")
        keys.follow("e.textContent === 'Roles'  && e.closest('main')")
        assert "You hold no role." in tab.ask(TOLD)
    finally:
        host.done("role", "grant", ML_ENGINEER, "ml_engineer")
    tab.open(log_in_link(world.people.server.url, world.people.link_for(ML_ENGINEER), path))
    world.keys.record("contain", action="Off")
