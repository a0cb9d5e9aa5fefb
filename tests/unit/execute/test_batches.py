"""Group commit: what arrives during a commit shares the next one, and each is answered alone."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.incident.commands import Assign, Contain
from ledger.errors import EventTooLarge, NeverStorable, NotFound, Overloaded, Refused, Unavailable
from ledger.execute import ExecuteCommand, Outcome, RecordSignals, executor, handlers
from ledger.execute.executor import SIGNALS_PER_BATCH
from ledger.store.side_records import Quarantined
from tests.contract.samples import set_aside
from tests.harness.commands import command_incident
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, NOON, Desk, WatchedStore

Answers = list["Future[Outcome]"]


def held(desk: Desk, store: WatchedStore, *requests: RecordSignals | ExecuteCommand) -> Answers:
    """Submits requests while a first one is being committed: they share what follows."""
    store.hold()
    first = desk.executor.submit(take(desk, "first"), desk.context())
    assert store.arrived.wait(DEADLINE)
    answers = [desk.executor.submit(request, desk.context()) for request in requests]
    store.gate.set()
    first.result(DEADLINE)
    return answers


def take(desk: Desk, *keys: str) -> RecordSignals:
    return RecordSignals(source="am", signals=tuple(desk.signal(key) for key in keys))


def command(number: int, owner: str) -> ExecuteCommand:
    return command_incident(incident=UUID(int=number), command=Assign(owner=owner))


def test_what_arrives_during_a_commit_shares_the_next_one(
    desk: Desk, watched: WatchedStore
) -> None:
    answers = held(desk, watched, *(take(desk, f"k{n}") for n in range(100)))

    assert [1] * 100 == [answer.result(DEADLINE).recorded for answer in answers]
    assert [4, 200] == watched.appends


def test_a_batch_ends_at_500_signals_but_a_body_is_never_split(
    desk: Desk, watched: WatchedStore
) -> None:
    large = take(desk, *(f"l{n}" for n in range(SIGNALS_PER_BATCH + 1)))
    small = [take(desk, f"s{n}") for n in range(SIGNALS_PER_BATCH)]

    answers = held(desk, watched, large, *small)
    for answer in answers:
        answer.result(DEADLINE)

    assert [4, 2 * (SIGNALS_PER_BATCH + 1), 2 * SIGNALS_PER_BATCH] == watched.appends


def test_signals_from_many_threads_are_all_recorded_in_few_appends(
    desk: Desk, watched: WatchedStore
) -> None:
    start = threading.Barrier(16)

    def send(sender: int) -> int:
        start.wait(DEADLINE)
        return sum(desk.take(desk.signal(f"{sender}.{n}")).recorded for n in range(20))

    with ThreadPoolExecutor(16) as threads:
        assert [20] * 16 == list(threads.map(send, range(16)))

    assert 320 == sum(1 for kind, _ in desk.told() if kind == "alert")
    assert 320 > len(watched.appends)


def test_a_refused_request_in_the_middle_leaves_the_others(
    desk: Desk, watched: WatchedStore
) -> None:
    desk.report(1)
    answers = held(
        desk, watched, command(1, "person/1"), command(404, "person/1"), command(1, "person/2")
    )

    assert 2 == answers[0].result(DEADLINE).version
    with pytest.raises(NotFound):
        answers[1].result(DEADLINE)
    assert 3 == answers[2].result(DEADLINE).version


def test_each_request_is_told_the_place_of_its_own_last_event(
    desk: Desk, watched: WatchedStore
) -> None:
    desk.report(1)
    answers = held(desk, watched, command(1, "person/1"), command(404, "x"), command(1, "person/2"))

    assert (2, 6) == (answers[0].result(DEADLINE).version, answers[0].result().position)
    assert (3, 7) == (answers[2].result(DEADLINE).version, answers[2].result().position)
    assert [2, 3] == [e.version for e in desk.events() if e.leaf in {6, 7}]


def test_an_event_too_large_is_refused_alone_and_all_that_came_with_it(
    desk: Desk, watched: WatchedStore
) -> None:
    signals = (desk.signal("a"), desk.signal("b", labels={"x": "y" * 70_000}))
    huge = RecordSignals(source="am", signals=signals)
    answers = held(desk, watched, take(desk, "c"), huge, take(desk, "a"))

    with pytest.raises(EventTooLarge):
        answers[1].result(DEADLINE)
    assert [1, 1] == [answers[place].result(DEADLINE).recorded for place in (0, 2)]


def test_an_id_that_a_refused_request_claimed_is_free_for_the_next_one(
    desk: Desk, watched: WatchedStore
) -> None:
    signal = desk.signal("a", own_id="7")
    good = RecordSignals(source="am", signals=(signal,))
    huge = desk.signal("b", labels={"x": "y" * 70_000})
    bad = RecordSignals(source="am", signals=(signal, huge))

    refused, taken = held(desk, watched, bad, good)

    with pytest.raises(EventTooLarge):
        refused.result(DEADLINE)
    assert 1 == taken.result(DEADLINE).recorded
    assert {("signal/am", "7")} == watched.store.idempotency.consumed_ids([("signal/am", "7")])


def test_what_cannot_be_stored_fails_alone(desk: Desk, watched: WatchedStore) -> None:
    unstorable: Quarantined = set_aside("q\ud800", "d1")
    bad = RecordSignals(source="am", notes=(unstorable,))

    answers = held(desk, watched, take(desk, "a"), bad, take(desk, "b"))

    with pytest.raises(NeverStorable):
        answers[1].result(DEADLINE)
    assert [1, 1] == [answers[place].result(DEADLINE).recorded for place in (0, 2)]


def test_a_fault_of_ours_in_one_request_is_its_own(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = handlers.handle

    def faulty(request: object, *rest: object) -> Outcome:
        if isinstance(request, ExecuteCommand):
            raise ZeroDivisionError
        return handle(request, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(executor, "handle", faulty)
    answers = held(desk, watched, take(desk, "a"), command(1, "person/1"), take(desk, "b"))

    with pytest.raises(ZeroDivisionError):
        answers[1].result(DEADLINE)
    assert [1, 1] == [answers[place].result(DEADLINE).recorded for place in (0, 2)]


def test_a_request_given_up_while_it_waited_is_not_run_and_hurts_no_other(
    desk: Desk, watched: WatchedStore
) -> None:
    watched.hold()
    first = desk.executor.submit(take(desk, "first"), desk.context())
    assert watched.arrived.wait(DEADLINE)
    given_up = desk.executor.submit(take(desk, "a"), desk.context())
    other = desk.executor.submit(take(desk, "b"), desk.context())
    assert given_up.cancel()
    assert not first.cancel()
    watched.gate.set()

    assert [1, 1] == [first.result(DEADLINE).recorded, other.result(DEADLINE).recorded]
    assert 2 == sum(1 for kind, _ in desk.told() if kind == "alert")
    assert 0 == desk.executor.waiting


def test_too_much_waiting_is_refused_as_overload(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "WAITING_SIGNALS", 2)
    watched.hold()
    waiting = [desk.executor.submit(take(desk, f"k{n}"), desk.context()) for n in range(3)]

    with pytest.raises(Overloaded):
        desk.executor.submit(take(desk, "more"), desk.context())
    watched.gate.set()

    assert [1, 1, 1] == [answer.result(DEADLINE).recorded for answer in waiting]
    assert 1 == desk.take(desk.signal("more")).recorded


def test_closing_finishes_what_waits_and_takes_no_more(path: Path) -> None:
    store = WatchedStore(store_of(path))
    desk = Desk(store.store)
    desk.adopt()
    store.hold()
    waiting = [desk.executor.submit(take(desk, f"k{n}"), desk.context()) for n in range(10)]
    closing = threading.Thread(target=desk.executor.close)
    closing.start()
    store.gate.set()
    closing.join(DEADLINE)

    assert not closing.is_alive()
    assert [1] * 10 == [answer.result(0).recorded for answer in waiting]
    with pytest.raises(Unavailable):
        desk.executor.submit(take(desk, "late"), desk.context())
    store.store.close()


def test_a_store_that_cannot_now_fails_the_batch_and_works_again_later(
    desk: Desk, watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(watched.store, "append", full)
        with pytest.raises(Unavailable):
            desk.report(1)

    assert 1 == desk.report(1).version
    with pytest.raises(Refused):
        desk.command(1, Contain(action="x", at=NOON.replace(year=2030)))


def full(*_: object) -> range:
    raise Unavailable("The disk is full.", remedy="Free room.")


def test_who_asked_is_told_of_each_commit_that_had_events(desk: Desk) -> None:
    told: list[int] = []
    desk.executor.on_commit(lambda: told.append(desk.store.size()))
    desk.report(1)
    desk.report(1)
    desk.command(1, Assign(owner="person/2"))
    desk.executor.close()

    assert [2, 3] == told


def test_who_measures_is_told_how_many_events_each_commit_had_and_how_long_it_took(
    desk: Desk,
) -> None:
    told: list[tuple[int, float]] = []
    desk.executor.measure(lambda events, seconds: told.append((events, seconds)))
    desk.report(1)
    desk.report(1)
    desk.command(1, Assign(owner="person/2"))
    desk.executor.close()

    assert [1, 1] == [events for events, _ in told]
    assert all(0 < seconds < DEADLINE for _, seconds in told)


def test_a_fault_of_who_measures_fails_no_commit(desk: Desk) -> None:
    def measured(events: int, seconds: float) -> None:
        raise ValueError(events)

    desk.executor.measure(measured)

    assert 1 == desk.report(1).version
    assert 1 == desk.report(2).version
