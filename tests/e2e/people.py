"""People in browsers of their own, each with a role: what their pages offer, send and refuse."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx

from ledger.policy import Guards, parse_guards, shipped
from tests.e2e.acting import has_form, unseen
from tests.e2e.server import Server
from tests.e2e.test_acting_pages import hidden
from tests.e2e.test_login_links import secret_of
from tests.unit.cli.processes import Airledger

ENFORCED = (
    shipped()
    .replace("enforce = false", "enforce = true")
    .replace("final_needs_approval = false", "final_needs_approval = true")
)
GUARDS: Guards = parse_guards(ENFORCED)
SYSTEM = "tutor"
"""What the second risk manager answers for."""

PRODUCT_OWNER, ML_ENGINEER, MLOPS_ENGINEER = "Paula Owner", "Emil Engineer", "Olga Operator"
GOVERNANCE_LEAD, RISK_MANAGER, SECOND_RISK_MANAGER = "Gita Lead", "Rosa Manager", "Remy Manager"
HELD = {
    PRODUCT_OWNER: "product_owner",
    ML_ENGINEER: "ml_engineer",
    MLOPS_ENGINEER: "mlops_engineer",
    GOVERNANCE_LEAD: "governance_lead",
    RISK_MANAGER: "risk_manager",
    SECOND_RISK_MANAGER: "risk_manager",
}
"""Who holds which role. An RCA of a severe incident is for risk managers, and needs two people."""
SCOPES = ("--scope", "operate", "--scope", "report")


class Person(NamedTuple):
    """Somebody with a browser and a session that a link began."""

    name: str
    browser: httpx.Client

    def page(self, path: str) -> str:
        """A page that this person may see."""
        return self.browser.get(path).raise_for_status().text

    def is_offered(self, path: str, command: str) -> bool:
        """Whether a page has the form of a command."""
        return f'data-form="{command}"' in self.page(path)

    def reports(self, **typed: str) -> str:
        """Reports an incident; the path of its page."""
        sent = self.browser.post(
            "/incidents", data={**hidden(self.page("/incidents/new")), **typed}
        )
        assert 303 == sent.status_code, sent.text
        self.page(sent.headers["location"])
        return str(sent.headers["location"]).partition("?")[0]

    def records(self, path: str, command: str, **typed: str) -> str:
        """Sends the form that a page offers; the page that it leads to, as text."""
        form = unseen(self.page(path), command)
        sent = self.browser.post(f"{path}/{command}", data={**form, **typed})
        assert 303 == sent.status_code, unescape(sent.text)
        return unescape(self.page(sent.headers["location"]))

    def is_refused(self, path: str, command: str, row: str, **typed: str) -> None:
        """The page offers no such form; what sends it all the same names the row, and keeps it."""
        page = self.page(path)
        assert f'data-form="{command}"' not in page, f"{self.name} is offered {command}"
        own = hidden(page if has_form(page) else self.page("/incidents/new"))
        sent = self.browser.post(f"{path}/{command}", data={**own, "_version": "", **typed})
        told = unescape(sent.text)
        assert (403, True) == (sent.status_code, f"by the row '{row}'" in told), told
        assert f"Roles held: {GUARDS.role_labels[HELD[self.name]]}" in told
        kept = [text for text in typed.values() if text not in told]
        assert [] == kept, told

    def acts(self, path: str) -> list[tuple[str, str, str]]:
        """The timeline: the type of each event, by whom, and as what."""
        answer = self.browser.get(f"/v1{path}/timeline").raise_for_status().json()
        return [(each["type"], each["actor"], each.get("acting", "")) for each in answer["items"]]


@dataclass(frozen=True)
class Company:
    """A ledger that enforces its RACI, its host, and its people at work in browsers."""

    server: Server
    host: Airledger
    people: dict[str, Person]

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def link_for(self, name: str) -> str:
        """The secret of a new one-time link for somebody."""
        return secret_of(self.host.done("session", "link", name, *SCOPES, "--json"))


@contextmanager
def company(data: Path) -> Iterator[Company]:
    """A server whose host granted every role before the RACI was enforced."""
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data))
        for name, role in HELD.items():
            only = ("--system", SYSTEM) if name == SECOND_RISK_MANAGER else ()
            host.done("role", "grant", name, role, *only)
        policy = data.with_name("enforced.toml")
        policy.write_text(ENFORCED)
        host.done("policy", "adopt", str(policy), "--reason", "Five roles, enforced.")
        found = Company(server, host, {})
        own = {"Sec-Fetch-Site": "same-origin"}
        for name in HELD:
            browser = httpx.Client(base_url=server.url, headers=own, timeout=30, trust_env=False)
            opened.enter_context(browser)
            sent = browser.post("/login", data={"token": found.link_for(name)})
            assert 303 == sent.status_code, sent.text
            found.people[name] = Person(name, browser)
        yield found
