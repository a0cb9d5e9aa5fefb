"""Several executors on one file: what met a conflict is decided again, on what is there now."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.incident.commands import Assign, Communicate
from ledger.errors import Conflict, Unavailable, UnknownEvent
from ledger.execute import executor, state_cache
from ledger.execute.state_cache import Loaded, StateCache
from ledger.policy import shipped
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import NewEvent
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, Desk, WatchedStore


@pytest.fixture
def other(desk: Desk, path: Path) -> Iterator[Desk]:
    """A second process, as it were."""
    other = Desk(store_of(path))
    yield other
    other.close()


def test_many_executors_that_hear_of_the_same_alerts_open_one_incident(
    desk: Desk, path: Path
) -> None:
    senders = 4
    start = threading.Barrier(senders)
    with ExitStack() as stack:
        desks = [Desk(store_of(path)) for _ in range(senders)]
        for each in desks:
            stack.callback(each.close)

        def hammer(each: Desk) -> int:
            start.wait(DEADLINE)
            signals = [each.signal(f"k{number}") for number in range(25)]
            return sum(each.take(signal).recorded for signal in signals)

        with ThreadPoolExecutor(senders) as threads:
            recorded = list(threads.map(hammer, desks))

    assert 25 == sum(recorded)
    told = desk.told()
    assert 25 == told.count(("alert", "alert.fired.v1"))
    assert 1 == told.count(("alert_group", "alert_group.incident_opened.v1"))
    assert 1 == told.count(("incident", "incident.detected.v1"))
    assert 25 == told.count(("incident", "incident.alert_linked.v1"))


def test_executors_that_command_one_incident_lose_nothing(desk: Desk, other: Desk) -> None:
    desk.report(1)

    def tell(each: Desk) -> list[int]:
        return [
            each.command(1, Communicate(audience="all", message=f"{n}")).version for n in range(20)
        ]

    with ThreadPoolExecutor(2) as threads:
        versions = list(threads.map(tell, [desk, other]))

    assert list(range(2, 42)) == sorted(versions[0] + versions[1])
    assert list(range(1, 42)) == [e.version for e in desk.events() if e.kind == "incident"]


def test_what_others_appended_is_followed_and_what_is_held_is_not_loaded_again(
    desk: Desk, other: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.report(1)
    other.command(1, Assign(owner="person/2"))
    loaded: list[str] = []
    read: list[int] = []
    monkeypatch.setattr(desk.store, "load", _noting(loaded, desk.store.load))
    monkeypatch.setattr(desk.store, "read", _noting(read, desk.store.read))

    again = desk.command(1, Assign(owner="person/2"))
    after = desk.command(1, Assign(owner="person/3"))

    assert (2, 0) == (again.version, again.events)
    assert (3, 1) == (after.version, after.events)
    assert [] == loaded
    assert [1, 2] == read  # from the last event that was seen on


def _noting(calls: list[Any], call: Callable[..., Any]) -> Callable[..., Any]:
    def noted(first: Any, *rest: Any, **named: Any) -> Any:
        calls.append(first)
        return call(first, *rest, **named)

    return noted


def test_where_others_appended_too_much_to_follow_everything_is_loaded_anew(
    desk: Desk, other: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_cache, "MOST_REPLAYED", 2)
    desk.report(1)
    for owner in ("person/2", "person/3", "person/4"):
        other.command(1, Assign(owner=owner))

    after = desk.command(1, Assign(owner="person/5"))

    assert (5, 1) == (after.version, after.events)


def test_an_event_elsewhere_that_this_program_cannot_read_stops_its_own_stream_alone(
    desk: Desk,
) -> None:
    desk.report(1)
    desk.report(2)
    future = NewEvent(f"incident/{UUID(int=1)}", 2, "incident.of_the_future.v1", b"{}")
    desk.store.append([future])

    with pytest.raises(UnknownEvent):
        desk.command(1, Assign(owner="person/2"))

    assert 2 == desk.command(2, Assign(owner="person/2")).version


def test_a_cache_too_small_for_anything_changes_nothing_but_speed(
    watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "CACHED_STREAMS", 1)
    desk = Desk(watched.store)
    desk.adopt()
    fired = desk.take(*(desk.signal(f"k{n}") for n in range(30)))
    again = desk.take(*(desk.signal(f"k{n}") for n in range(30)))
    ended = desk.take(*(desk.signal(f"k{n}", "resolved") for n in range(30)))
    desk.close()

    assert (30, 0, 30) == (fired.recorded, again.recorded, ended.recorded)
    assert 1 == len(set(fired.streams + again.streams + ended.streams))


def test_the_cache_lets_go_of_the_stream_unused_longest() -> None:
    cache = StateCache(EnvelopeMapper(CODEC), 2)
    for name in ("a", "b"):
        cache.put(f"alert/{name}", Loaded(name, 1))
    cache.get("alert/a")

    cache.put("alert/c", Loaded("c", 1))

    assert [True, False, True] == [cache.get(f"alert/{name}") is not None for name in "abc"]


def test_a_policy_adopted_elsewhere_decides_from_then_on(desk: Desk, other: Desk) -> None:
    labels = {"alertname": "Slow", "severity": "info"}
    assert () == desk.take(desk.signal("k1", labels=labels)).streams

    other.adopt(shipped().replace("opens = false", "opens = true"))

    assert 1 == len(desk.take(desk.signal("k2", labels=labels)).streams)


def test_who_is_never_first_gives_up_without_harm(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def never(*_: object) -> range:
        tries.append(1)
        raise Conflict("Another writer was first.")

    with monkeypatch.context() as patch:
        patch.setattr(watched.store, "append", never)
        with pytest.raises(Unavailable):
            desk.report(1)

    assert executor.TRIES == len(tries)
    assert 1 == desk.report(1).version
