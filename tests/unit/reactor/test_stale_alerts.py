"""An alert not heard of for too long: after a while, sooner by another policy, and heard again."""

from datetime import timedelta
from pathlib import Path

import pytest

from ledger.domain.access import Grant, HolderKind
from ledger.domain.alert import (
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    AlertStale,
    SignalStatus,
)
from ledger.domain.identity import alert_id
from ledger.domain.incident.events import AlertLinked, LinkedAlertResolved
from ledger.execute import CheckDeadline, GrantAccess, RecordSignals
from ledger.policy import shipped
from ledger.store.side_records import Deadline
from ledger.vocabulary import Scope, SourceKind
from tests.harness.homes import store_of
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


def test_a_firing_of_before_that_is_retried_makes_no_stale_alert_go_on(desk: Watch) -> None:
    desk.take(desk.signal("a", kind=SourceKind.ALERTMANAGER))
    desk.pass_time(hours=24)
    desk.take(desk.signal("a", kind=SourceKind.ALERTMANAGER))
    desk.pass_time(hours=40)
    desk.look()

    set_aside = NOON + 12 * HOUR
    desk.take(desk.signal("a", kind=SourceKind.ALERTMANAGER), at=set_aside, retried=True)

    assert [AlertStale] == [type(each.event) for each in desk.told_of(*STALE)]
    assert 1 == len(desk.told_of(AlertLateRecorded))


def test_an_end_that_is_retried_ends_no_episode_that_was_heard_of_since(desk: Watch) -> None:
    alertmanager = {"kind": SourceKind.ALERTMANAGER}
    desk.take(desk.signal("a", **alertmanager))
    desk.pass_time(hours=12)
    set_aside = desk.now
    desk.pass_time(hours=12)
    desk.take(desk.signal("a", **alertmanager))

    end = desk.signal("a", status=SignalStatus.RESOLVED, ends_at=set_aside, **alertmanager)
    desk.take(end, at=set_aside, retried=True)

    assert [] == desk.told_of(AlertResolved, LinkedAlertResolved)
    assert 1 == len(desk.told_of(AlertLateRecorded))

    desk.take(end, at=desk.now, retried=True)
    assert 1 == len(desk.told_of(AlertResolved))


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
        RecordSignals(source="am", signals=(desk.signal("b"),)), desk.context()
    )
    assert store.arrived.wait(DEADLINE)
    again = RecordSignals(source="am", signals=(desk.signal("a", starts_at=NOON),))
    look = CheckDeadline(deadline=Deadline(kind="alert", subject=alert_id("am", "a"), at=NOON))
    waiting = [desk.executor.submit(request, desk.context()) for request in (again, look)]
    store.gate.set()

    outcomes = [future.result(DEADLINE) for future in (first, *waiting)]

    assert [1, 0, 0] == [outcome.recorded for outcome in outcomes]
    assert [] == desk.told_of(*STALE)
    desk.close()


ONCE = [SourceKind.PAGERDUTY, SourceKind.NATIVE, SourceKind.CLOUDEVENTS]


@pytest.mark.parametrize("kind", ONCE)
def test_an_alert_of_who_sends_each_change_once_never_goes_stale(
    desk: Watch, kind: SourceKind
) -> None:
    desk.adopts(stale_after=2)
    desk.take(desk.signal("a", kind=kind))
    desk.pass_time(hours=1_000)
    desk.look()
    assert [] == desk.told_of(*STALE)

    end = desk.now - HOUR
    desk.take(desk.signal("a", "resolved", kind=kind, ends_at=end))

    [ended] = desk.told_of(LinkedAlertResolved)
    assert end == ended.event.at


@pytest.mark.parametrize("kind", ONCE)
def test_an_episode_of_before_is_of_the_format_that_its_source_was_registered_for(
    desk: Watch, kind: SourceKind
) -> None:
    grant = Grant(
        holder_kind=HolderKind.SOURCE,
        holder_name="am",
        holder="source/am",
        scope=Scope.PUBLISH,
        source_kind=kind,
    )
    desk.executor.execute(GrantAccess(grant=grant, digest="0" * 64), desk.context())
    desk.take(desk.signal("a", kind=None))
    desk.pass_time(hours=1_000)
    desk.look()
    assert [] == desk.told_of(*STALE)


def test_a_kind_and_a_source_may_have_a_time_of_their_own(desk: Watch) -> None:
    text = shipped().replace(
        "[alerts.stale_after_by_kind]", '[alerts.stale_after_by_kind]\ngrafana = "PT8H"'
    )
    text = text.replace(
        "[alerts.stale_after_by_source]", '[alerts.stale_after_by_source]\nslow = "P3D"'
    )
    desk.adopt(text)
    desk.seal()
    kind = SourceKind.GRAFANA
    desk.take(desk.signal("a", kind=kind), desk.signal("b", kind=SourceKind.ALERTMANAGER))
    desk.take(desk.signal("c", kind=kind, source="slow"))
    stale_after: list[int] = []
    for hours in range(1, 80):
        desk.pass_time(hours=1)
        desk.look()
        if len(desk.told_of(AlertStale)) > len(stale_after):
            stale_after.append(hours)
    assert [8, 36, 72] == stale_after


def test_every_alert_is_looked_at_once_after_another_policy_was_adopted(desk: Watch) -> None:
    """One that has more time than others is watched later; another policy may give it less."""
    slow = (
        shipped()
        .replace('stale_after = "PT36H"', 'stale_after = "PT2H"')
        .replace("[alerts.stale_after_by_source]", '[alerts.stale_after_by_source]\nam = "P30D"')
    )
    desk.adopt(slow)
    desk.take(desk.signal("a"))
    for _ in range(5):
        desk.pass_time(hours=2)
        desk.look()
    assert [] == desk.told_of(*STALE)

    desk.adopts(stale_after=3)
    desk.look()

    [stale] = desk.told_of(AlertStale)
    assert NOON + 3 * HOUR == stale.event.at
    desk.look()
    assert 1 == len(desk.told_of(AlertStale))
