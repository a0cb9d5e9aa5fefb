"""One-time links: each logs its person in once, in one browser, with the scopes that it was made
with, and the log says that it was made."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from consumers.access.tokens import token_digest
from tests.e2e.logging_in import browser, sessions
from tests.e2e.server import Server, add_token
from tests.harness.homes import store_of
from tests.unit.cli.processes import Airledger, Ended


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("links") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def host(server: Server) -> Iterator[Airledger]:
    with Airledger(server.data_dir) as airledger:
        yield airledger


def secret_of(made: Ended) -> str:
    return urlsplit(str(made.json["url"])).fragment.removeprefix("token=")


def use(client: httpx.Client, secret: str) -> int:
    return client.post("/login", data={"token": secret, "next": "/rca"}).status_code


def test_a_link_logs_its_person_in_once(server: Server, host: Airledger) -> None:
    made = host.done(
        *("session", "link", "Grace Hopper", "--scope", "read", "--scope", "audit", "--json")
    )
    secret = secret_of(made)
    with browser(server) as client, browser(server) as thief:
        assert 303 == use(client, secret)
        assert 401 == use(thief, secret)
        own = token_digest(client.cookies["airledger"])[:16]
        [mine] = [each for each in sessions(client) if each["id"] == own]
        shown = client.get("/sessions").text
    assert made.json["url"].startswith("http://127.0.0.1:")
    assert "/login#token=" in made.json["url"]
    assert ("Grace Hopper", "link") == (mine["holder"], mine["by"])
    assert ["read", "audit"] == mine["scopes"]
    assert "Grace Hopper" in shown


def test_that_a_link_was_made_is_recorded_without_name_and_secret(
    server: Server, host: Airledger
) -> None:
    made = host.done("session", "link", "Edsger Dijkstra", "--scope", "operate", "--json")
    events = host.done("replay", "--json", "--type", "access.link_made.v1").text
    assert made.json["person"] in events
    for told in ("Edsger", secret_of(made), token_digest(secret_of(made))):
        assert told not in events


def test_a_link_is_for_a_person_who_is_known_by_the_id_too(host: Airledger) -> None:
    first = host.done("session", "link", "Barbara Liskov", "--json").json["person"]
    again = host.done("session", "link", "Barbara Liskov", "--json").json["person"]
    by_id = host.done("session", "link", first, "--json").json["person"]
    unknown = host.run("session", "link", "person/00000000-0000-4000-8000-000000000000")
    assert first == again == by_id
    assert 1 == unknown.status
    assert "There is no person/00000000" in unknown.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--expires", "2d"), "for a day at most"),
        (("--expires", "2020-01-01"), "still to come"),
        (("--scope", "publish"), "publish"),
    ],
)
def test_a_link_that_lasts_too_long_or_may_publish_is_refused(
    host: Airledger, words: tuple[str, ...], said: str
) -> None:
    ended = host.run("session", "link", "Grace Hopper", *words)
    assert 2 == ended.status
    assert said in ended.err


def test_a_link_that_expired_opens_nothing(server: Server, host: Airledger) -> None:
    secret = secret_of(host.done("session", "link", "Grace Hopper", "--json"))
    store = store_of(server.data_dir)
    try:
        kept = store.access.single_use(token_digest(secret))
        assert kept is not None
        assert "Grace" not in kept.content.decode()
    finally:
        store.close()
    with browser(server) as client:
        assert 401 == use(client, secret[:-1] + ("a" if secret[-1] != "a" else "b"))
        assert 303 == use(client, secret)


def test_a_token_of_the_same_name_is_of_its_own(server: Server, host: Airledger) -> None:
    secret = secret_of(host.done("session", "link", "ada", "--scope", "report", "--json"))
    token = add_token(server.data_dir, "ada")
    with browser(server) as client:
        assert 303 == use(client, secret)
        assert 403 == client.get("/v1/incidents").status_code
    headers = {"Authorization": f"Bearer {token}"}
    with browser(server) as program:
        assert 200 == program.get("/v1/incidents", headers=headers).status_code
