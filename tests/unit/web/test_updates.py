"""The stream by which pages refresh: heartbeats, its end, and a store that does not answer."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from consumers.web import updates
from consumers.web.updates import ALIVE, BEGIN, Updates
from ledger.errors import Unavailable


class Positions:
    """A read model's position as a test sets it; None where the store does not answer."""

    def __init__(self) -> None:
        self.at: int | None = 7
        self.reads = 0

    def __call__(self, *_: Any) -> int:
        self.reads += 1
        if self.at is None:
            raise Unavailable("The store does not answer.")
        return self.at


@pytest.fixture
def positions(monkeypatch: pytest.MonkeyPatch) -> Positions:
    made = Positions()
    monkeypatch.setattr(updates, "position", made)
    monkeypatch.setattr(updates, "POLL_SECONDS", 0.01)
    return made


def streams(draining: list[bool]) -> Updates:
    ledger = cast("Any", SimpleNamespace(views=None))
    return Updates(ledger, lambda: bool(draining))


async def test_a_quiet_stream_has_heartbeats(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "HEARTBEAT_SECONDS", 0.02)
    stream = streams([]).stream("ada")
    got = [await anext(stream) for _ in range(4)]
    assert [BEGIN, b"event: position\ndata: 7\n\n", ALIVE, ALIVE] == got
    await cast("Any", stream).aclose()


async def test_a_stream_ends_in_time_and_at_the_drain(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    draining: list[bool] = []
    one = streams(draining)
    draining.append(True)
    assert [BEGIN] == [each async for each in one.stream("ada")]
    assert not one.has_room("ada")
    draining.clear()
    monkeypatch.setattr(updates, "STREAM_SECONDS", 0.0)
    assert [BEGIN] == [each async for each in one.stream("ada")]
    assert 0 == one.open_streams


async def test_a_store_that_does_not_answer_makes_a_stream_silent_and_no_more(
    positions: Positions,
) -> None:
    positions.at = None
    stream = streams([]).stream("ada")
    assert BEGIN == await anext(stream)
    following = asyncio.ensure_future(anext(stream))
    while positions.reads < 3:  # noqa: ASYNC110 - the store's answer is what is waited for
        await asyncio.sleep(0.005)
    assert not following.done()
    positions.at = 9
    assert b"event: position\ndata: 9\n\n" == await following
    await cast("Any", stream).aclose()


async def test_one_query_serves_every_stream(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "POLL_SECONDS", 30.0)
    one = streams([])
    opened = [one.stream(name) for name in ("ada", "bob", "ada")]
    for stream in opened:
        assert BEGIN == await anext(stream)
    for stream in opened:
        assert b"event: position\ndata: 7\n\n" == await anext(stream)
    assert (1, 3) == (positions.reads, one.open_streams)
    for stream in opened:
        await cast("Any", stream).aclose()
    assert 0 == one.open_streams


async def test_a_store_that_does_not_answer_is_asked_once_for_all_streams(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "POLL_SECONDS", 30.0)
    positions.at = None
    one = streams([])
    opened = [one.stream(name) for name in ("ada", "bob")]
    for stream in opened:
        assert BEGIN == await anext(stream)
    waiting = [asyncio.ensure_future(anext(stream)) for stream in opened]
    done, _ = await asyncio.wait(waiting, timeout=0.1)
    assert (set(), 1) == (done, positions.reads)
    for each in waiting:
        each.cancel()


async def test_one_caller_does_not_have_all_the_streams(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "MOST_STREAMS_OF_ONE", 1)
    monkeypatch.setattr(updates, "MOST_STREAMS", 2)
    one = streams([])
    opened = [one.stream(name) for name in ("ada", "bob")]
    await anext(opened[0])
    assert (False, True) == (one.has_room("ada"), one.has_room("bob"))
    await anext(opened[1])
    assert not one.has_room("eve")
    for stream in opened:
        await cast("Any", stream).aclose()
