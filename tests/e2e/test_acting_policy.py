"""A policy is checked and adopted on a page: faults by path, the difference, then adoption."""

from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

import httpx
import pytest

from ledger.policy import shipped
from ledger.vocabulary import Scope
from tests.e2e.acting import form, logged_in, unseen
from tests.e2e.server import Server, add_token

pytestmark = pytest.mark.only_on("sqlite", "forms are alike; test_policy has both stores")


class World(NamedTuple):
    """A server, the browsers of two admins, and one of somebody who may only operate."""

    server: Server
    admin: httpx.Client
    other: httpx.Client
    operator: httpx.Client


@pytest.fixture
def world(tmp_path: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path / "data"  # type: ignore[operator]
    one, two = add_token(data, "gov", Scope.ADMIN), add_token(data, "board", Scope.ADMIN)
    operates = add_token(data, "ada", Scope.OPERATE)
    with (
        Server(data) as server,
        logged_in(server, one) as admin,
        logged_in(server, two) as other,
        logged_in(server, operates) as operator,
    ):
        yield World(server, admin, other, operator)


def with_threshold(count: int) -> str:
    return shipped().replace("\nmore_than = 3\n", f"\nmore_than = {count}\n", 1)


def checked(browser: httpx.Client, text: str, reason: str = "") -> httpx.Response:
    page = browser.get("/policy/new").text
    typed = {**unseen(page, "check"), "text": text.replace("\n", "\r\n"), "reason": reason}
    return browser.post("/policy/check", data=typed)


def in_force(browser: httpx.Client) -> str:
    text: str = browser.get("/v1/policy").json()["text"]
    return text


def test_a_check_names_faults_by_path_and_keeps_the_text(world: World) -> None:
    page = checked(world.admin, with_threshold(-1) + 'what = "<b>"\n', "Why not")
    assert 200 == page.status_code
    text = unescape(page.text)
    assert "triggers.incident_count" in text
    assert ("more_than = -1" in text, "Why not" in text) == (True, True)
    assert 'aria-invalid="true"' in page.text
    with pytest.raises(ValueError, match="not found"):
        form(page.text, "adopt")


def test_a_check_shows_the_difference_and_then_the_text_is_adopted_as_it_was_typed(
    world: World,
) -> None:
    text = with_threshold(2)
    page = checked(world.admin, text).text
    assert "triggers.incident_count.more_than: 3 -> 2" in unescape(page)
    assert shipped() == in_force(world.admin)
    typed = {**unseen(page, "adopt"), "text": text.replace("\n", "\r\n")}
    blank = world.admin.post("/policy", data={**typed, "reason": " "})
    assert (422, True) == (
        blank.status_code,
        "Reason: The reason" in blank.text or "It is empty" in blank.text,
    )
    sent = [world.admin.post("/policy", data={**typed, "reason": "Sooner"}) for _ in range(2)]
    assert [303, 303] == [each.status_code for each in sent]
    assert text == in_force(world.admin)
    assert 2 == len(world.admin.get("/v1/policy/history").json()["items"])
    assert "Recorded: Adopt." in world.admin.get(sent[0].headers["location"]).text


def test_a_text_that_was_changed_after_its_check_is_checked_anew(world: World) -> None:
    page = checked(world.admin, with_threshold(2)).text
    typed = {**unseen(page, "adopt"), "text": with_threshold(9), "reason": "Mine"}
    again = world.admin.post("/policy", data=typed)
    assert "changed since it was checked" in again.text
    assert "triggers.incident_count.more_than: 3 -> 9" in unescape(again.text)
    assert shipped() == in_force(world.admin)
    done = world.admin.post("/policy", data={**typed, **unseen(again.text, "adopt")})
    assert 303 == done.status_code
    assert with_threshold(9) == in_force(world.admin)


def test_who_was_overtaken_sees_by_what_and_keeps_the_text(world: World) -> None:
    mine = checked(world.admin, with_threshold(2)).text
    theirs = checked(world.other, with_threshold(5)).text
    first = {**unseen(theirs, "adopt"), "text": with_threshold(5), "reason": "The board says so"}
    assert 303 == world.other.post("/policy", data=first).status_code
    typed = {**unseen(mine, "adopt"), "text": with_threshold(2), "reason": "Mine"}
    late = world.admin.post("/policy", data=typed)
    assert 412 == late.status_code
    text = unescape(late.text)
    assert ("The board says so" in text, ">Mine</textarea>" in text) == (True, True)
    assert "triggers.incident_count.more_than: 5 -> 2" in text
    assert with_threshold(5) == in_force(world.admin)
    done = world.admin.post("/policy", data={**typed, **unseen(late.text, "adopt")})
    assert 303 == done.status_code
    assert with_threshold(2) == in_force(world.admin)


def test_who_may_not_adopt_sees_no_button_and_is_refused_in_words(world: World) -> None:
    assert "/policy/new" in world.admin.get("/policy").text
    assert "/policy/new" not in world.operator.get("/policy").text
    assert 403 == world.operator.get("/policy/new").status_code
    for path in ("/policy", "/policy/check"):
        sent = world.operator.post(path, data={"text": "mine = 1", "reason": "r"})
        assert (403, True, True) == (
            sent.status_code,
            "needs scope admin" in sent.text,
            "mine = 1" in sent.text,
        )
        site = {"Sec-Fetch-Site": "cross-site"}
        typed = unseen(world.admin.get("/policy/new").text, "check")
        assert 403 == world.admin.post(path, data=typed, headers=site).status_code
    assert shipped() == in_force(world.admin)
