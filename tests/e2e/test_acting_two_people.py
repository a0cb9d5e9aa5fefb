"""A policy that waits for a second person, on its page: who counts, and what each is told."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.policy import digest, shipped
from ledger.vocabulary import Scope
from tests.e2e.acting import logged_in, unseen
from tests.e2e.logging_in import browser
from tests.e2e.server import Server, add_token, client
from tests.e2e.test_login_links import secret_of
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "forms are alike; the unit of work has both stores")

TWO = shipped().replace("two_people = false", "two_people = true")
NAME = digest(TWO).removeprefix("sha256:")


class World(NamedTuple):
    """The browsers of two persons and of a token, each with scope admin, and that token's API."""

    one: httpx.Client
    other: httpx.Client
    token: httpx.Client
    api: httpx.Client


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
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
            sent = person.post("/login", data={"token": secret_of(made)})
            assert 303 == sent.status_code, sent.text
            persons.append(person)
        by_token = opened.enter_context(logged_in(server, token))
        api = opened.enter_context(client(server, token))
        one, other = persons
        yield World(one, other, by_token, api)


def adopt(of: httpx.Client, page: str | None = None) -> httpx.Response:
    """Somebody adopts the policy that waits, by the form of his page (or of another's)."""
    form = unseen(page or of.get("/policy").text, f"approve-{NAME[:12]}")
    return of.post(f"/policy/proposals/{NAME}/adopt", data={**form, "reason": "Agreed."})


def test_two_persons_adopt_and_nobody_counts_twice(world: World) -> None:
    proposed = world.api.post("/v1/policy", json={"text": TWO, "reason": "Two see more."})
    assert 202 == proposed.status_code
    assert (403, 303, 403) == (
        adopt(world.token).status_code,
        adopt(world.one).status_code,
        adopt(world.one).status_code,
    )
    page = world.one.get("/policy").text
    assert 409 == adopt(world.other, page).status_code
    assert shipped() == world.api.get("/v1/policy").json()["text"]
    assert 303 == adopt(world.other).status_code
    assert TWO == world.api.get("/v1/policy").json()["text"]
