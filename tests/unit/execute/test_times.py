"""Times: recorded never backwards, last heard once a minute, retries under their arrival."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.alert import AlertFired, AlertLateRecorded
from ledger.domain.identity import alert_id
from ledger.domain.incident.commands import Communicate
from ledger.execute import last_seen
from ledger.policy import parse_policy, shipped
from tests.harness.homes import store_of
from tests.unit.execute.desk import NOON, Desk, WatchedStore

ALERT = alert_id("am", "a")
SAY = Communicate(audience="all", message="We are on it.")


def test_recording_never_goes_backwards_within_a_stream(desk: Desk, path: Path) -> None:
    desk.report(1)
    desk.pass_time(hours=-1)
    desk.report(2)
    desk.command(1, SAY, at=NOON)
    desk.close()
    restarted = Desk(store_of(path), now=NOON - timedelta(hours=2))
    restarted.command(1, SAY, at=NOON)
    recorded = [(e.stream[-1], e.recorded_at) for e in restarted.events() if e.kind == "incident"]
    restarted.close()

    early = NOON - timedelta(hours=1)
    assert [("1", NOON), ("2", early), ("1", NOON), ("1", NOON)] == recorded


def test_a_batch_has_one_recording_time_and_the_arrival_its_own(desk: Desk) -> None:
    arrived = desk.now
    desk.pass_time(seconds=5)
    desk.take(desk.signal("a"), at=arrived)

    events = desk.events()[1:]

    assert {desk.now} == {event.recorded_at for event in events}
    fired = events[0].event
    assert isinstance(fired, AlertFired)
    assert arrived == fired.arrived_at


def test_hearing_of_an_alert_again_is_written_at_most_once_a_minute(
    desk: Desk, watched: WatchedStore
) -> None:
    desk.take(desk.signal("a"))
    for _ in range(9):
        desk.pass_time(seconds=10)
        assert 1 == desk.take(desk.signal("a")).repeats

    assert [4, 0] == watched.appends
    assert {ALERT: NOON + timedelta(seconds=60)} == watched.store.last_seen.times([ALERT])


def test_many_copies_in_one_batch_are_heard_once(desk: Desk, watched: WatchedStore) -> None:
    desk.take(desk.signal("a"))
    desk.pass_time(minutes=1)

    desk.take(*[desk.signal("a")] * 20)

    assert [4, 0] == watched.appends


def test_a_resolved_alert_is_not_heard_of(desk: Desk, watched: WatchedStore) -> None:
    desk.take(desk.signal("a", "resolved"))

    assert {} == watched.store.last_seen.times([ALERT])


def test_an_open_alert_that_is_acknowledged_is_heard_of_and_no_other(
    desk: Desk, watched: WatchedStore
) -> None:
    desk.take(desk.signal("b", "acknowledged"))
    desk.take(desk.signal("a"))
    desk.pass_time(minutes=5)
    assert 1 == desk.take(desk.signal("a", "acknowledged")).repeats

    assert {ALERT: desk.now} == watched.store.last_seen.times([ALERT, alert_id("am", "b")])


def test_the_minute_is_remembered_by_the_next_process(desk: Desk, path: Path) -> None:
    desk.take(desk.signal("a"))
    desk.close()
    store = WatchedStore(store_of(path))
    restarted = Desk(store.store, now=NOON + timedelta(seconds=59))

    restarted.take(restarted.signal("a"))
    restarted.pass_time(seconds=1)
    restarted.take(restarted.signal("a"))
    restarted.close()

    assert [0] == store.appends


def test_what_was_heard_of_least_lately_is_forgotten_first(
    watched: WatchedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_seen, "REMEMBERED", 2)
    lately = last_seen.LastSeenCache(watched.store)
    for number in (1, 2, 1, 3):
        lately.written(UUID(int=number), NOON)

    policy = parse_policy(shipped())
    assert [False, True, False] == [lately.is_due(UUID(int=n), NOON, policy) for n in (1, 2, 3)]
    watched.store.close()


def test_a_retried_signal_keeps_its_arrival_and_opens_what_it_would_have_then(
    desk: Desk,
) -> None:
    arrived = desk.now
    signal = desk.signal("a")
    desk.pass_time(hours=3)

    outcome = desk.take(signal, at=arrived, retried=True)

    fired = desk.events()[1]
    assert 1 == outcome.recorded
    assert isinstance(fired.event, AlertFired)
    assert (arrived, desk.now) == (fired.event.arrived_at, fired.recorded_at)


def test_a_signal_retried_behind_later_ones_is_recorded_as_late_and_changes_nothing(
    desk: Desk,
) -> None:
    arrived, early = desk.now, desk.signal("a", "resolved")
    desk.pass_time(minutes=5)
    opened = desk.take(desk.signal("a"))

    outcome = desk.take(early, at=arrived, retried=True)

    assert (1, ()) == (outcome.recorded, outcome.streams)
    late = desk.events()[-1].event
    assert isinstance(late, AlertLateRecorded)
    assert ("resolved", arrived) == (late.status, late.arrived_at)
    assert opened.streams == desk.take(desk.signal("a")).streams
