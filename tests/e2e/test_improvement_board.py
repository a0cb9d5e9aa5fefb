"""The board of improvements over HTTP, on its page and over the command line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.e2e import reading
from tests.e2e.test_systems import World, world
from tests.harness.process import until

__all__ = ["world"]

Json = dict[str, Any]
PLANNED = 22
"""More than a column shows."""
HOSTILE = "<b>Late</b> & " + "long" * 40


def sent(api: httpx.Client, path: str, body: Json) -> Json:
    """A command that must be recorded."""
    answer = api.post(f"/v1/improvements{path}", json=body)
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


def proposed(api: httpx.Client, title: str, **given: str) -> str:
    """The reference of an improvement."""
    asked = {"title": title, "system": "chat", "improvement_kind": "risk", **given}
    return str(sent(api, "", asked)["reference"])


def accepted(api: httpx.Client, title: str, *, owner: str, within: timedelta) -> str:
    """The reference of one that somebody has to do within a time."""
    ref = proposed(api, title)
    due = (datetime.now(UTC) + within).isoformat()
    sent(api, f"/{ref}/accept", {"owner": owner, "due": due})
    return ref


def board(api: httpx.Client, **given: str) -> Json:
    """The board, read up to what is recorded."""
    reading.settled(api)
    found: Json = api.get("/v1/improvements/board", params=given).raise_for_status().json()
    return found


def columns(found: Json) -> dict[str, tuple[int, int, list[str]]]:
    """By column: how many, how many late, and the titles."""
    return {
        of["column"]: (of["count"], of["late"], [each["title"] for each in of["cards"]])
        for of in found["columns"]
    }


def filled(api: httpx.Client) -> dict[str, str]:
    """Improvements in three columns: Ada is late with one, Bob has one to do soon."""
    refs = {
        "later": accepted(api, "Later", owner="Bob", within=timedelta(days=30)),
        "soon": accepted(api, "Soon", owner="Bob", within=timedelta(days=3)),
        "late": accepted(api, HOSTILE, owner="Ada & Co", within=timedelta(seconds=2)),
        "done": accepted(api, "Done", owner="Bob", within=timedelta(days=1)),
    }
    sent(api, f"/{refs['done']}/done", {"what": "It runs."})
    for number in range(PLANNED):
        proposed(api, f"Idea {number:02}", system="search")

    def overdue() -> bool:
        """Whether the clock has found it overdue."""
        reading.settled(api)
        answer = api.get("/v1/improvements", params={"overdue": "true"})
        return [refs["late"]] == [each["reference"] for each in answer.json()["items"]]

    until(overdue, "the clock finds it overdue")
    return refs


def test_the_board_is_the_same_over_http_on_its_page_and_for_the_command_line(
    world: World,
) -> None:
    refs = filled(world.api)
    ideas = [f"Idea {number:02}" for number in range(20)]
    found = board(world.api)
    assert {
        "plan": (PLANNED, 0, ideas),
        "do": (3, 1, [HOSTILE, "Soon", "Later"]),
        "check": (1, 0, ["Done"]),
        "act": (0, 0, []),
    } == columns(found)
    assert [
        {"owner": "Ada & Co", "overdue": 1, "soon": 0},
        {"owner": "Bob", "overdue": 0, "soon": 1},
    ] == found["owners"]
    late = found["columns"][1]["cards"][0]
    assert (refs["late"], "chat", "Ada & Co", True) == tuple(
        late[name] for name in ("reference", "system", "owner", "late")
    )
    assert found == {
        **world.host.done("improvement", "board", "--json").json,
        "at": found["at"],
        "soon": found["soon"],
    }
    _shown(world, refs)
    told = world.host.done("improvement", "board", "--limit", "2").text
    assert "Idea 01" in told
    assert "Idea 02" not in told
    assert "overdue" in told
    assert "to be checked" in told
    assert "Ada & Co\t1\t0" in told


def _shown(world: World, refs: dict[str, str]) -> None:
    """What the page says, and where its links lead."""
    page = world.browser.get("/improvements").raise_for_status().text
    assert f"{PLANNED} improvements wait for a decision" in page
    assert f"All {PLANNED} in Plan" in page
    assert "2 more than here" in page
    assert "overdue since" in page
    assert "<b>Late</b>" not in page
    for link in (
        "/improvements?owner=Ada+%26+Co&amp;overdue=true#list",
        "/improvements?status=accepted&amp;owner=Bob&amp;sort=due#list",
    ):
        assert link in page
    late = world.browser.get("/improvements?owner=Ada+%26+Co&overdue=true").raise_for_status().text
    rows = late[late.index('id="list"') :]
    assert refs["late"] in rows
    assert refs["soon"] not in rows
    assert "for a decision" in late
    assert "Who is late" in late
    plan = world.browser.get("/improvements?column=plan&sort=reference").raise_for_status().text
    assert "Idea 21" in plan[plan.index('id="list"') :]


def test_the_board_of_a_system_or_an_owner_is_of_nobody_else(world: World) -> None:
    accepted(world.api, "One", owner="Bob", within=timedelta(days=3))
    accepted(world.api, "Other", owner="Eve", within=timedelta(days=30))
    proposed(world.api, "Idea", system="search")
    assert (1, 0, ["One"]) == columns(board(world.api, owner="Bob"))["do"]
    assert ["Bob"] == [each["owner"] for each in board(world.api)["owners"]]
    assert (1, 0, ["Idea"]) == columns(board(world.api, owner="none"))["plan"]
    ofsearch = columns(board(world.api, system="search"))
    assert [1, 0] == [ofsearch[each][0] for each in ("plan", "do")]
    assert (2, 0, ["One"]) == columns(board(world.api, limit="1"))["do"]
    page = world.browser.get("/improvements?owner=Eve").raise_for_status().text
    assert "Nobody of <bdi>Eve</bdi>: no improvement" in page


def test_wrong_parameters_of_the_board_are_refused_by_name(world: World) -> None:
    for given in ("limit=0", "limit=1001", "limit=x", "cursor=a", "at_least=-1"):
        answer = world.api.get(f"/v1/improvements/board?{given}")
        assert answer.status_code in {400, 422}, f"{given}: {answer.status_code}"
        assert given.partition("=")[0] in answer.text
    refused = world.host.run("improvement", "board", "--limit", "0")
    assert refused.status == 2
    empty = world.host.done("improvement", "board").text
    assert "Nobody is late" in empty
    reading.settled(world.api)
    assert "Nothing waits for a decision" in world.browser.get("/improvements").text
