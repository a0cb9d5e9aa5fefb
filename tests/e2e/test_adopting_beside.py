"""A ledger of before, with texts in its events, adopts the key: old and new stand side by side."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_token, client
from tests.e2e.test_beside import flat
from tests.harness.texts import BESIDE, INLINE
from tests.unit.cli.processes import Airledger


class World(NamedTuple):
    """A server whose ledger has an incident of before and one of after the key."""

    api: httpx.Client
    browser: httpx.Client
    host: Airledger
    old: str
    new: str


def sent(api: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """A command, which must be recorded."""
    answer = api.post(f"/v1/{path}", json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("adopting") / "data"
    root = add_token(data, "root", Scope.ADMIN)
    with (
        Server(data) as server,
        client(server, root) as api,
        logged_in(server, root) as browser,
        Airledger(data) as host,
    ):
        refs = []
        for policy, when in ((f"{INLINE}# Before\n", "old"), (f"{BESIDE}# After\n", "new")):
            sent(api, "policy", text=policy, reason=f"The {when} form")
            opened = sent(
                api, "incidents", title=f"{when} title", description=f"{when} words", system="chat"
            )
            refs.append(str(opened["reference"]))
            sent(api, f"incidents/{refs[-1]}/note", text=f"{when} note")
            sent(api, f"incidents/{refs[-1]}/contain", action=f"{when} action")
        yield World(api, browser, host, *refs)


def test_only_what_came_after_the_key_lies_beside_the_log(world: World) -> None:
    events = "".join(map(str, reading.events(world.api)))
    assert [True, True, True] == [f"old {each}" in events for each in ("title", "note", "action")]
    assert "new title" not in events
    assert "new note" not in events


def test_both_are_shown_sorted_and_found(world: World) -> None:
    reading.settled(world.api)
    listed = world.api.get("/v1/incidents", params={"sort": "title"}).json()["items"]
    assert ["new title", "old title"] == [each["title"] for each in listed]
    for ref, when in ((world.old, "old"), (world.new, "new")):
        found = world.api.get("/v1/incidents", params={"q": f"{when} words"}).json()["items"]
        assert [ref] == [each["reference"] for each in found]
        for shown in (
            flat(world.api.get(f"/v1/incidents/{ref}/timeline").json()),
            world.browser.get(f"/incidents/{ref}").text,
            world.host.done("incident", "timeline", ref).text,
        ):
            assert f"{when} note" in shown
            assert f"{when} action" in shown


def test_a_text_of_before_is_corrected_and_repeated_as_ever(world: World) -> None:
    same = {"field": "title", "to": "old title", "reason": "Again"}
    before = len(reading.events(world.api))
    sent(world.api, f"incidents/{world.old}/amend", **same)
    sent(world.api, f"incidents/{world.old}/contain", action="old action")
    assert before == len(reading.events(world.api))
    sent(world.api, f"incidents/{world.old}/amend", field="title", to="older title", reason="So")
    reading.settled(world.api)
    assert "older title" in world.api.get(f"/v1/incidents/{world.old}").json()["title"]
    timeline = flat(world.api.get(f"/v1/incidents/{world.old}/timeline").json())
    assert "'old title' is now 'older title'" in timeline
    sent(world.api, f"incidents/{world.old}/amend", field="title", to="old title", reason="Back")
    reading.settled(world.api)


def test_the_whole_is_verified(world: World) -> None:
    assert "The log is whole." in world.host.done("verify").text
