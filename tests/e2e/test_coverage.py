"""What was heard, and when nobody listened: over HTTP, as a page, by command, in metrics."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.access.tokens import grant_source
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.intake import INTERRUPTED_AFTER
from ledger.execute import Context
from ledger.execute.listening import BEGUN, SIGN, milliseconds
from ledger.policy.times import time_text
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.reading import time_of
from tests.e2e.server import Server, add_source, add_token, client
from tests.harness.homes import environment, settings_of, store_of
from tests.harness.machine_clock import MachineClock
from tests.harness.process import until
from tests.unit.cli.processes import Airledger
from tests.unit.reactor.test_told_of_listening import listening

Json = dict[str, Any]
SOURCE = "main"
LISTENED = timedelta(hours=2)
POLICY = listening(systems='main = ["chat"]\n').replace("alertmanager =", "native =")
SIGNAL = {"title": "It broke", "status": "firing", "system": "chat"}


class World(NamedTuple):
    """A server that has listened for two hours, to a source that sent nothing."""

    api: httpx.Client
    source: httpx.Client
    browser: httpx.Client
    host: Airledger

    def coverage(self, **params: str) -> Json:
        return dict(self.api.get("/v1/coverage", params=params).raise_for_status().json())

    def deliveries(self) -> list[Json]:
        return list(self.api.get("/v1/deliveries").raise_for_status().json()["items"])

    def of_type(self, name: str) -> list[Json]:
        return reading.events(self.api, type=name)


def listened_until_now(data: Path) -> str:
    """A source of two hours ago, and signs since then until now; the source's token."""
    ledger = open_ledger(settings_of(data))
    at = now()
    begun = at - LISTENED
    context = Context(at=begun, actor="airledger", source="airledger", correlation=new_id())
    try:
        made = grant_source(
            ledger.executor, context, SOURCE, SourceKind.NATIVE, Scope.PUBLISH, None
        )
        signs = [(BEGUN, begun), (SIGN, at)]
        ledger.store.append(
            [],
            [PositionMove(follower=name, old=0, new=milliseconds(time)) for name, time in signs],
        )
    finally:
        ledger.close()
    return made.token


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    root = add_token(data, "root", Scope.ADMIN)
    token = listened_until_now(data)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        api = opened.enter_context(client(server, root))
        adopted = {"text": POLICY, "reason": "Silence is a gap"}
        assert api.post("/v1/policy", json=adopted).is_success
        yield World(
            api,
            opened.enter_context(client(server, token)),
            opened.enter_context(logged_in(server, root)),
            opened.enter_context(Airledger(data, environment(data))),
        )


def test_a_silent_source_is_a_gap_until_it_is_heard(world: World) -> None:
    until(lambda: bool(world.of_type("source.silent.v1")), "the silence is on record", within=20)
    [silent] = world.of_type("source.silent.v1")
    assert "airledger" == silent["actor"]
    reading.settled(world.api)
    found = world.coverage()
    [source] = found["sources"]
    assert (SOURCE, "native", None, True) == tuple(
        source[name] for name in ("source", "kind", "last_heard_at", "silence_measured")
    )
    assert (0.0, [None]) == (source["heard_share"], [each["until"] for each in source["gaps"]])
    assert 1 == reading.metric(world.api, "airledger_sources_silent")
    age = reading.metric(world.api, "airledger_source_heard_age_seconds", source=SOURCE)
    assert LISTENED.total_seconds() <= age < LISTENED.total_seconds() + 600
    assert "1 source is silent" in world.browser.get("/").text

    until(lambda: bool(world.deliveries()), "somebody is to be told")
    assert {("source_silent", SOURCE, None)} == {
        (each["notice"], each["source"], each["incident"]) for each in world.deliveries()
    }
    assert f"<bdi>{SOURCE}</bdi>" in world.browser.get("/deliveries").text
    assert SOURCE in world.host.done("deliveries").text

    world.source.post("/v1/signals/native", json=SIGNAL).raise_for_status()

    [heard] = world.of_type("source.heard.v1")
    data = heard["data"]
    assert (SOURCE, silent["data"]["since"]) == (data["source"], data["silent_since"])
    found = world.coverage()
    [source] = found["sources"]
    [gap] = source["gaps"]
    assert ("silent", time_text(datetime.fromisoformat(data["heard_at"]))) == (
        gap["why"],
        gap["until"],
    )
    assert source["last_heard_at"] == gap["until"]
    assert 0 < source["heard_share"] < 0.1
    assert 0 == reading.metric(world.api, "airledger_sources_silent")
    assert "silent" not in world.browser.get("/").text

    [chat] = found["systems"]
    assert ("chat", 1, [SOURCE]) == (chat["system"], chat["incidents"], chat["sources"])
    [count] = world.api.get("/v1/counts").json()["items"]
    assert count["heard_share"] == pytest.approx(chat["heard_share"], abs=0.01)
    assert "% heard" in world.browser.get("/counts").text
    page = world.browser.get("/coverage").text
    assert "1 incident, " in page
    assert "The source was silent" in page
    printed = world.host.done("coverage").text
    assert "The source was silent" in printed
    assert SOURCE in world.host.done("source", "list").text
    [token] = world.host.done("source", "list", "--json").json["items"]
    assert token["heard_at"] == source["last_heard_at"]


def test_a_month_of_which_nothing_is_known_has_no_share(world: World) -> None:
    before = world.coverage(month="2020-02")
    assert ([], "2020-02-01T00:00:00.000000Z") == (before["sources"], before["since"])
    assert (None, None) == tuple(
        world.coverage(month="2999-01")[each] for each in ("since", "until")
    )
    answer = world.api.get("/v1/coverage", params={"month": "2026-13"})
    assert 422 == answer.status_code
    assert "Nothing is known" in world.browser.get("/coverage?month=2020-02").text


@pytest.mark.component("faketime")
def test_a_server_that_is_killed_and_starts_later_leaves_a_gap(tmp_path: Path) -> None:
    data, clock = tmp_path / "data", MachineClock(tmp_path)
    token, reader = add_source(data, SOURCE), add_token(data, "reader", Scope.AUDIT)
    # A fork would take the clock that it finds for one that was set while it ran.
    server = Server(data, env=clock.environment, anew=True)
    with server, client(server, reader) as api:
        until(lambda: signs(data) > 0, "the server gives a sign", within=60)
        with client(server, token) as source:
            body = {"version": "4", "status": "firing", "alerts": []}
            source.post("/v1/signals/alertmanager", json=body)
        server.kill()
        before = signs(data)

        clock.set_off(LISTENED)
        server.start()
        until(lambda: signs(data) > before, "it gives a sign again", within=60)

        # On a busy machine a server that runs may give no sign for long: a gap of its own.
        [(since, ended)] = [each for each in interruptions(api) if each[1] - each[0] >= LISTENED]
        assert (before, signs(data)) >= (milliseconds(since), milliseconds(ended))
        assert before == milliseconds(since)
        assert timedelta() <= ended - since - LISTENED < timedelta(minutes=5)
        found = api.get("/v1/coverage").raise_for_status().json()
        [shown] = found["sources"]
        [of_month] = [each for each in shown["gaps"] if each["until"] == time_text(ended)]
        assert "interrupted" == of_month["why"]
        assert of_month["since"] == max(time_text(since), found["since"])
        assert not shown["silence_measured"]
        assert shown["heard_share"] < 1

        server.restart()
        until(lambda: signs(data) > milliseconds(ended), "it gives a sign a third time", within=60)
        later = [each for each in interruptions(api) if each != (since, ended)]
        assert [] == [each for each in later if each[1] - each[0] <= INTERRUPTED_AFTER]


def interruptions(api: httpx.Client) -> list[tuple[datetime, datetime]]:
    """When nobody listened: since when, until when."""
    found = reading.events(api, type="intake.interrupted.v1")
    return [(time_of(each["data"]["since"]), time_of(each["data"]["until"])) for each in found]


def signs(data: Path) -> int:
    """The last sign of any process."""
    with closing(store_of(data)) as store:
        return store.followers.position(SIGN)
