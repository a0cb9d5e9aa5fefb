"""A source that sends much waits for itself: others are served in turn, and have room."""

from concurrent.futures import Future

import pytest

from ledger.domain.alert import AlertFired
from ledger.errors import Overloaded
from ledger.execute import Outcome, RecordSignals, executor
from tests.unit.execute.desk import DEADLINE, Desk, WatchedStore, once


def submit(desk: Desk, source: str, *keys: str) -> "Future[Outcome]":
    signals = tuple(desk.signal(key, source=source) for key in keys)
    request = RecordSignals(source=source, signals=signals)
    return desk.executor.submit(request, desk.context(source=f"source/{source}"))


def hold(desk: Desk, watched: WatchedStore) -> "Future[Outcome]":
    watched.hold()
    first = submit(desk, "first", "first")
    assert watched.arrived.wait(DEADLINE)
    return first


def test_a_request_waits_behind_one_of_each_source_and_not_behind_all_of_them(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "SIGNALS_PER_BATCH", 50)
    hold(desk, watched)
    much = [submit(desk, "much", *(f"m{n}.{k}" for k in range(50))) for n in range(4)]
    little = [submit(desk, "little", f"l{n}") for n in range(3)]
    watched.gate.set()
    for each in (*much, *little):
        each.result(DEADLINE)

    order = [each.source for each in desk.events() if each.event.name == "alert.fired.v1"]
    places = [place for place, source in enumerate(order) if source == "source/little"]
    assert [51, 102, 153] == places


def test_requests_of_one_source_keep_their_order(desk: Desk, watched: WatchedStore) -> None:
    hold(desk, watched)
    asked = [submit(desk, source, f"{source}{n}") for n in range(50) for source in ("a", "b")]
    watched.gate.set()
    for each in asked:
        each.result(DEADLINE)

    told = [
        str(each.event.alert.title).removesuffix(" is down")
        for each in desk.events()
        if isinstance(each.event, AlertFired)
    ]
    for source in ("a", "b"):
        assert [f"{source}{n}" for n in range(50)] == [key for key in told if key[0] == source]


def test_a_source_with_its_share_waiting_is_overloaded_alone(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "WAITING_OF_A_SOURCE", 2)
    hold(desk, watched)
    waiting = [submit(desk, "much", f"m{n}") for n in range(3)]

    with pytest.raises(Overloaded, match="source/much"):
        submit(desk, "much", "more")
    waiting.append(submit(desk, "little", "l"))
    watched.gate.set()

    assert [1] * 4 == [each.result(DEADLINE).recorded for each in waiting]
    assert 1 == submit(desk, "much", "more").result(DEADLINE).recorded


def test_where_all_is_full_a_source_that_has_little_waiting_is_served(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "WAITING_SIGNALS", 8)
    hold(desk, watched)
    waiting = [submit(desk, source, f"{source}{n}") for n in range(4) for source in ("a", "b")]

    with pytest.raises(Overloaded):
        submit(desk, "a", "more")
    waiting.append(submit(desk, "little", "l"))
    watched.gate.set()

    assert [1] * 9 == [each.result(DEADLINE).recorded for each in waiting]
    assert 0 == desk.executor.waiting


def test_a_key_that_waits_for_its_first_answer_holds_up_its_own_source_alone(
    desk: Desk, watched: WatchedStore
) -> None:
    hold(desk, watched)
    again = [
        desk.executor.submit(
            RecordSignals(source="a", signals=(desk.signal(f"k{n}"),)),
            desk.context(source="source/a", idempotency=once("k")),
        )
        for n in range(3)
    ]
    other = [submit(desk, "b", f"b{n}") for n in range(3)]
    watched.gate.set()

    assert [1] * 6 == [each.result(DEADLINE).recorded for each in (*again, *other)]
    assert [4, 8, 2, 2] == watched.appends
