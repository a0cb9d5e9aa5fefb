"""Pages that act: every command as a form, refused in words, with what was typed still there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qs

import httpx
import pytest

from ledger.domain.incident.kind import INCIDENT
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token

COMMANDS = [name for name, of in INCIDENT.commands.items() if not of.opens]


class World(NamedTuple):
    """A server, a browser of somebody who may operate, and one of somebody who reads."""

    server: Server
    operator: httpx.Client
    reader: httpx.Client
    token: str


@contextmanager
def logged_in(server: Server, token: str) -> Iterator[httpx.Client]:
    own = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=server.url, headers=own, timeout=30) as browser:
        assert 303 == browser.post("/login", data={"token": token}).status_code
        yield browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("acting") / "data"
    operates, reads = add_token(data, "ada", Scope.OPERATE), add_token(data, "rita")
    with (
        Server(data) as server,
        logged_in(server, operates) as operator,
        logged_in(server, reads) as reader,
    ):
        yield World(server, operator, reader, operates)


def hidden(page: str) -> dict[str, str]:
    """What the first form of a page sends along unseen."""
    form = page[page.index('<form class="command"') :]
    form = form[: form.index("</form>")]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in pairs}


def reported(world: World, title: str = "Answers leak prompts") -> str:
    unseen = hidden(world.operator.get("/incidents/new").text)
    sent = world.operator.post("/incidents", data={"title": title, "system": "chat", **unseen})
    assert 303 == sent.status_code, sent.text
    assert 200 == world.operator.get(sent.headers["location"]).status_code
    return sent.headers["location"]


def test_an_incident_is_reported_worked_through_and_closed_with_forms(world: World) -> None:
    where = reported(world)
    path = where.partition("?")[0]

    def send(command: str, **typed: str) -> str:
        unseen = hidden(world.operator.get(path).text)
        sent = world.operator.post(f"{path}/{command}", data={**unseen, **typed})
        assert 303 == sent.status_code, sent.text
        shown = world.operator.get(sent.headers["location"])
        assert 200 == shown.status_code
        return unescape(shown.text)

    send("contain", action="Traffic moved away")
    assert "Told all" in send("communicate", audience="all", message="We know of it")
    send("classify", category="safety_failure", severity="high", reason="It leaks")
    send("ticket", url="https://tickets.example/1")
    send("notify", channel="mail")
    send("rca/complete", summary="s", root_cause="A prompt template", actions="Test it\r\nReview")
    send("playbook/update", playbook="leaks", change="A check more")
    assert "Closed" in send("close", reason="No alert tells the end of it")


def test_a_double_click_is_one_command(world: World) -> None:
    path = reported(world, "Twice").partition("?")[0]
    unseen = hidden(world.operator.get(path).text)
    typed = {**unseen, "audience": "all", "message": "once"}
    both = [world.operator.post(f"{path}/communicate", data=typed) for _ in range(2)]
    assert [303, 303] == [each.status_code for each in both]
    path, _, query = both[0].headers["location"].partition("?")
    at_least = parse_qs(query)["at_least"]
    answer = world.operator.get(f"/v1{path}/timeline", params={"at_least": at_least})
    timeline = answer.json()["items"]
    assert 1 == sum(each["type"] == "incident.communicated.v1" for each in timeline)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(world: World) -> None:
    path = reported(world).partition("?")[0]
    unseen = hidden(world.operator.get(path).text)
    sent = world.operator.post(
        f"{path}/notify", data={**unseen, "channel": " ", "receipt": "<b>mail 7</b>"}
    )
    assert 422 == sent.status_code
    assert "Channel: must not be empty" in sent.text
    assert "&lt;b&gt;mail 7&lt;/b&gt;" in sent.text
    assert 'aria-invalid="true"' in sent.text


def test_the_rule_that_refuses_is_said_and_what_was_typed_stays(world: World) -> None:
    path = reported(world).partition("?")[0]
    unseen = hidden(world.operator.get(path).text)
    sent = world.operator.post(f"{path}/close", data={**unseen, "reason": "Enough"})
    assert (409, True, True) == (
        sent.status_code,
        "Closing needs every step" in sent.text,
        "Enough" in sent.text,
    )


def test_a_stale_page_shows_what_changed_and_keeps_the_text(world: World) -> None:
    path = reported(world).partition("?")[0]
    unseen = hidden(world.operator.get(path).text)
    other = hidden(world.operator.get(path).text)
    first = world.operator.post(f"{path}/assign", data={**other, "owner": "Bob"})
    assert 303 == first.status_code
    sent = world.operator.post(f"{path}/contain", data={**unseen, "action": "Off"})
    assert 412 == sent.status_code
    assert "What others recorded meanwhile" in sent.text
    assert "Owner assigned" in sent.text
    assert ">Off</textarea>" in sent.text
    again = world.operator.post(f"{path}/contain", data={**hidden(sent.text), "action": "Off"})
    assert 303 == again.status_code


@pytest.mark.parametrize("version", ["9" * 5_000, "-1", "x"])
def test_a_version_that_no_page_showed_is_no_fault_of_ours(world: World, version: str) -> None:
    path = reported(world).partition("?")[0]
    unseen = hidden(world.operator.get(path).text) | {"_version": version}
    sent = world.operator.post(f"{path}/contain", data={**unseen, "action": "Off"})
    assert 303 == sent.status_code, sent.text


def test_another_sites_form_is_refused(world: World) -> None:
    path = reported(world).partition("?")[0]
    unseen = hidden(world.operator.get(path).text)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        sent = world.operator.post(
            f"{path}/contain", data={**unseen, "action": "x"}, headers=headers
        )
        assert (403, True) == (sent.status_code, "page of another site" in sent.text)
    evil, typed = {"Origin": "https://evil.example"}, {**unseen, "action": "x"}
    with httpx.Client(base_url=world.server.url, cookies=world.operator.cookies) as bare:
        assert 403 == bare.post(f"{path}/contain", data=typed, headers=evil).status_code
    forged = world.operator.post(f"{path}/contain", data={"action": "x"})
    assert (409, True) == (forged.status_code, "Nothing was recorded" in forged.text)


def test_a_forged_token_that_is_no_ascii_is_refused_as_any_other(world: World) -> None:
    path = reported(world).partition("?")[0]
    unseen = {**hidden(world.operator.get(path).text), "_token": "\u00e9"}
    sent = world.operator.post(f"{path}/contain", data={**unseen, "action": "Kept words"})
    assert 409 == sent.status_code
    assert "Kept words" in sent.text


def test_an_expired_session_loses_nothing_that_was_typed(world: World) -> None:
    path = reported(world).partition("?")[0]
    with logged_in(world.server, world.token) as browser:
        _lose_the_session(world, browser, path)


def _lose_the_session(world: World, browser: httpx.Client, path: str) -> None:
    unseen = hidden(browser.get(path).text)
    assert 303 == browser.post("/logout").status_code
    sent = browser.post(f"{path}/contain", data={**unseen, "action": "Keep me"})
    assert (401, True) == (sent.status_code, ">Keep me</textarea>" in sent.text)
    assert "no longer logged in" in sent.text
    assert 303 == browser.post("/login", data={"token": world.token}).status_code
    anew = browser.post(f"{path}/contain", data={**hidden(sent.text), "action": "Keep me"})
    assert (409, True) == (anew.status_code, ">Keep me</textarea>" in anew.text)
    done = browser.post(f"{path}/contain", data={**hidden(anew.text), "action": "Keep me"})
    assert 303 == done.status_code


def test_a_reader_sees_no_form_and_is_refused_in_words(world: World) -> None:
    path = reported(world).partition("?")[0]
    page = world.reader.get(path)
    assert '<form class="command"' not in page.text
    sent = world.reader.post(f"{path}/contain", data={"action": "Mine"})
    assert (403, True, True) == (
        sent.status_code,
        "needs scope operate" in unescape(sent.text),
        ">Mine</textarea>" in sent.text,
    )


def test_a_page_has_a_form_for_every_command(world: World) -> None:
    path = reported(world).partition("?")[0]
    page = world.operator.get(path).text
    possible = {name for name in COMMANDS if not INCIDENT.commands[name].needs_person}
    possible -= {"step"}  # the policy as shipped adds no step
    assert {f"{path}/{name}" for name in possible} == set(
        re.findall(r'<form class="command" method="post" action="([^"]+)"', page)
    )
