"""Several executors on one file: what met a conflict is decided again, on what is there now."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.incident.commands import Assign, Communicate
from ledger.errors import Conflict, Unavailable
from ledger.execute import executor
from ledger.execute.work import Loaded, StateCache
from ledger.policy import shipped
from ledger.store.port import Entry
from ledger.store.sqlite import SQLiteStore
from tests.unit.execute.desk import DEADLINE, Desk, WatchedStore


@pytest.fixture
def other(desk: Desk, path: Path) -> Iterator[Desk]:
    """A second process, as it were."""
    other = Desk(SQLiteStore(path))
    yield other
    other.close()


def test_many_executors_that_hear_of_the_same_alerts_open_one_incident(
    desk: Desk, path: Path
) -> None:
    senders = 4
    start = threading.Barrier(senders)
    with ExitStack() as stack:
        desks = [Desk(SQLiteStore(path)) for _ in range(senders)]
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


def test_a_stale_cache_is_caught_up_from_where_it_stands(
    desk: Desk, other: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.report(1)
    other.command(1, Assign(owner="person/2"))
    loaded: list[dict[str, int]] = []
    load = desk.store.load

    def watched(wanted: dict[str, int]) -> dict[str, list[Entry]]:
        loaded.append(wanted)
        return load(wanted)

    monkeypatch.setattr(desk.store, "load", watched)

    again = desk.command(1, Assign(owner="person/2"))
    after = desk.command(1, Assign(owner="person/3"))

    assert (2, 0) == (again.version, again.events)
    assert (3, 1) == (after.version, after.events)
    incident = f"incident/{UUID(int=1)}"
    assert [1, 2] == [wanted[incident] for wanted in loaded if incident in wanted]


def test_a_cache_too_small_for_anything_changes_nothing_but_speed(
    watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "CACHED_STREAMS", 1)
    desk = Desk(watched)
    desk.adopt()
    fired = desk.take(*(desk.signal(f"k{n}") for n in range(30)))
    again = desk.take(*(desk.signal(f"k{n}") for n in range(30)))
    ended = desk.take(*(desk.signal(f"k{n}", "resolved") for n in range(30)))
    desk.close()

    assert (30, 0, 30) == (fired.recorded, again.recorded, ended.recorded)
    assert 1 == len(set(fired.incidents + again.incidents + ended.incidents))


def test_the_cache_lets_go_of_the_stream_unused_longest() -> None:
    cache = StateCache(2)
    for name in ("a", "b"):
        cache.put(f"alert/{name}", Loaded(name, 1))
    cache.get("alert/a")

    cache.put("alert/c", Loaded("c", 1))

    assert [1, 0, 1] == [cache.get(f"alert/{name}").version for name in "abc"]


def test_a_policy_adopted_elsewhere_decides_from_then_on(desk: Desk, other: Desk) -> None:
    labels = {"alertname": "Slow", "severity": "info"}
    assert () == desk.take(desk.signal("k1", labels=labels)).incidents

    other.adopt(shipped().replace("opens = false", "opens = true"))

    assert 1 == len(desk.take(desk.signal("k2", labels=labels)).incidents)


def test_who_is_never_first_gives_up_without_harm(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def never(*_: object) -> range:
        tries.append(1)
        raise Conflict("Another writer was first.")

    with monkeypatch.context() as patch:
        patch.setattr(watched, "append", never)
        with pytest.raises(Unavailable):
            desk.report(1)

    assert executor.TRIES == len(tries)
    assert 1 == desk.report(1).version
