"""An alert not heard of for too long: after a while, sooner by another policy, and heard again."""

from datetime import timedelta
from pathlib import Path

from ledger.domain.alert import AlertHeard, AlertStale
from ledger.domain.identity import alert_of
from ledger.domain.incident.events import AlertLinked, LinkedAlertResolved
from ledger.execute import LookAt, TakeSignals
from ledger.store.records import Watched
from tests.rig.homes import store_of
from tests.unit.execute.desk import DEADLINE, NOON, WatchedStore
from tests.unit.reactor.watch import HOUR, Watch

STALE = (AlertStale, AlertHeard)


def test_an_alert_is_stale_once_it_was_not_heard_of_for_the_policy_s_time(desk: Watch) -> None:
    desk.take(desk.signal("a"))
    desk.now = NOON + 36 * HOUR - timedelta(microseconds=1)
    desk.look()
    assert [] == desk.told_of(*STALE)

    desk.now = NOON + 39 * HOUR
    desk.look()
    desk.look()

    [stale] = desk.told_of(AlertStale)
    [ended] = desk.told_of(LinkedAlertResolved)
    assert (NOON + 36 * HOUR, NOON + 39 * HOUR) == (stale.event.at, stale.recorded_at)
    assert ("stale", NOON) == (ended.event.basis, ended.event.at)  # type: ignore[attr-defined]


def test_a_repeat_keeps_an_alert_from_going_stale(desk: Watch) -> None:
    for _ in range(4):
        desk.take(desk.signal("a", starts_at=NOON))
        desk.pass_time(hours=35)
        desk.look()
    assert [] == desk.told_of(*STALE)


def test_a_stale_alert_that_is_heard_of_goes_on_and_may_go_stale_again(desk: Watch) -> None:
    desk.take(desk.signal("a"))
    desk.pass_time(hours=37)
    desk.look()
    desk.take(desk.signal("a", starts_at=NOON))
    desk.look()
    assert [AlertStale, AlertHeard] == [type(each.event) for each in desk.told_of(*STALE)]
    assert 2 == len(desk.told_of(AlertLinked))

    desk.pass_time(hours=36)
    desk.look()

    assert [NOON + 36 * HOUR, NOON + 73 * HOUR] == [
        each.event.at for each in desk.told_of(AlertStale)
    ]


def test_a_policy_that_shortens_the_time_makes_waiting_alerts_stale_at_the_next_look(
    desk: Watch,
) -> None:
    desk.take(desk.signal("a"))
    desk.pass_time(hours=3)
    clock = desk.clock()
    desk.seal()
    clock.catch_up()
    assert [] == desk.told_of(*STALE)

    desk.adopts(stale_after=2)
    clock.catch_up()

    [stale] = desk.told_of(AlertStale)
    assert NOON + 2 * HOUR == stale.event.at


def test_a_policy_that_lengthens_the_time_lets_waiting_alerts_wait(desk: Watch) -> None:
    desk.take(desk.signal("a"))
    desk.pass_time(hours=35)
    desk.look()
    desk.adopts(stale_after=48)
    desk.pass_time(hours=12)
    desk.look()
    assert [] == desk.told_of(*STALE)

    desk.pass_time(hours=1)
    desk.look()
    assert 1 == len(desk.told_of(AlertStale))


def test_an_alert_heard_of_in_the_batch_that_looks_at_it_is_not_stale(tmp_path: Path) -> None:
    """A repeat is no event: only what the batch is about to keep tells of it."""
    store = WatchedStore(store_of(tmp_path))
    desk = Watch(store.store)
    desk.adopt()
    desk.take(desk.signal("a"))
    desk.pass_time(hours=37)
    store.hold()
    first = desk.executor.submit(
        TakeSignals(source="am", signals=(desk.signal("b"),)), desk.context()
    )
    assert store.arrived.wait(DEADLINE)
    again = TakeSignals(source="am", signals=(desk.signal("a", starts_at=NOON),))
    look = LookAt(watched=Watched(kind="alert", subject=alert_of("am", "a"), at=NOON))
    waiting = [desk.executor.submit(request, desk.context()) for request in (again, look)]
    store.gate.set()

    outcomes = [future.result(DEADLINE) for future in (first, *waiting)]

    assert [1, 0, 0] == [outcome.recorded for outcome in outcomes]
    assert [] == desk.told_of(*STALE)
    desk.close()
