"""A person is erased on its page, by two people where the policy asks for them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.domain.subject import erased_name
from ledger.policy import digest, shipped
from ledger.vocabulary import Scope
from tests.e2e.acting import unseen
from tests.e2e.logging_in import browser
from tests.e2e.server import Server, add_token, client
from tests.e2e.test_login_links import secret_of
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "forms are alike; the unit of work has both stores")

TWO = shipped().replace("two_people = false", "two_people = true")
TITLE = "Quotes Jane Roe's file"


class Desk(NamedTuple):
    """The browsers of two persons, an API of scope admin, and the id of who wrote a text."""

    one: httpx.Client
    other: httpx.Client
    api: httpx.Client
    author: str

    @property
    def page(self) -> str:
        return f"/persons/{self.author}"

    def erase(self, who: httpx.Client) -> httpx.Response:
        """Somebody sends the form of the person's page."""
        form = unseen(who.get(self.page).text, "erase")
        return who.post(f"{self.page}/erase", data={**form, "reason": "request"})

    def held(self) -> dict[str, object]:
        return dict(self.api.get(f"/v1{self.page}").raise_for_status().json())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    data = tmp_path / "data"
    token = add_token(data, "robot", Scope.ADMIN)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data))
        persons = []
        for name in ("Grace Hopper", "Ada Lovelace"):
            made = host.done("session", "link", name, "--scope", "admin", "--json")
            person = opened.enter_context(browser(server))
            person.headers["Sec-Fetch-Site"] = "same-origin"
            assert 303 == person.post("/login", data={"token": secret_of(made)}).status_code
            persons.append(person)
        api = opened.enter_context(client(server, token))
        sent = api.post("/v1/incidents", json={"title": TITLE, "system": "search"})
        assert 201 == sent.status_code, sent.text
        people = host.done("person", "list", "--json").json["items"]
        [author] = [each["id"] for each in people if each["name"] == "robot"]
        one, other = persons
        yield Desk(one, other, api, author.removeprefix("person/"))


def test_a_person_s_page_has_the_texts_and_the_form_that_erases_them(desk: Desk) -> None:
    assert "Quotes Jane Roe&#39;s file" in desk.one.get(desk.page).text
    sent = desk.erase(desk.one)
    assert 303 == sent.status_code
    page = desk.one.get(sent.headers["location"]).text
    assert "Jane Roe" not in page
    assert "[erased]" in page
    assert "An erasure is on record." in page
    assert erased_name(f"person/{desk.author}") == desk.held()["name"]


def test_where_two_people_are_needed_the_second_one_s_form_erases(desk: Desk) -> None:
    desk.api.post("/v1/policy", json={"text": TWO, "reason": "Two see more."}).raise_for_status()
    for who in (desk.one, desk.other):
        adopt_proposal(who)
    by_token = desk.api.post(
        "/v1/erasures", json={"person": f"person/{desk.author}", "reason": "request"}
    )
    assert 202 == by_token.status_code
    for who, readable in ((desk.one, 2), (desk.one, 2), (desk.other, 0)):
        assert 303 == desk.erase(who).status_code
        assert readable == desk.held()["texts_readable"]


def adopt_proposal(who: httpx.Client) -> None:
    name = digest(TWO).removeprefix("sha256:")
    form = unseen(who.get("/policy").text, f"approve-{name[:12]}")
    sent = who.post(f"/policy/proposals/{name}/adopt", data={**form, "reason": "Agreed."})
    assert 303 == sent.status_code
