"""The clock that dies, comes back late, or is not alone (runbook section 7.5)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from consumers.container.guarded_clock import GuardedClock
from consumers.reactor import Clock
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import RcaAtRisk, RcaCompleted, RcaOverdue
from ledger.execute import Executor
from ledger.vocabulary import RcaMark
from tests.contract.samples import event
from tests.unit.execute.desk import NOON
from tests.unit.reactor.watch import DAY, HOUR, Watch, new_id

DUE = NOON + DAY
AT_RISK_AT = DUE - 4 * HOUR
COMPLETE = c.CompleteRca(summary="It broke", root_cause="A bad switch")
MARKS = (RcaAtRisk, RcaOverdue)


def test_a_clock_that_comes_back_hours_late_records_each_mark_once_under_its_own_time(
    desk: Watch,
) -> None:
    desk.happens(1)
    desk.look()
    desk.now = DUE + 5 * HOUR

    desk.look()
    desk.look()

    assert [("RcaAtRisk", AT_RISK_AT, DUE), ("RcaOverdue", DUE, DUE)] == [
        (type(each.event).__name__, each.event.at, getattr(each.event, "due", None))
        for each in desk.told_of(*MARKS)
    ]
    assert {DUE + 5 * HOUR} == {each.recorded_at for each in desk.told_of(*MARKS)}


def test_before_its_time_nothing_is_marked(desk: Watch) -> None:
    desk.happens(1)
    desk.now = AT_RISK_AT - timedelta(microseconds=1)
    desk.look()
    assert [] == desk.told_of(*MARKS)

    desk.now = AT_RISK_AT
    desk.look()
    assert ["RcaAtRisk"] == [type(each.event).__name__ for each in desk.told_of(*MARKS)]


def test_a_late_completion_records_overdue_once_and_the_clock_adds_nothing(desk: Watch) -> None:
    desk.happens(1)
    desk.now = AT_RISK_AT
    desk.look()
    desk.now = DUE + HOUR
    desk.command(1, COMPLETE)
    size = desk.store.size()

    desk.look()
    desk.look()

    assert size == desk.store.size()
    [overdue, completed] = desk.told_of(RcaOverdue, RcaCompleted)
    assert (DUE, DUE + HOUR) == (overdue.event.at, overdue.recorded_at)
    assert (DUE + HOUR, overdue.leaf + 1) == (completed.event.at, completed.leaf)


def test_a_completion_after_the_clock_s_mark_records_no_second_one(desk: Watch) -> None:
    desk.happens(1)
    desk.now = DUE + HOUR
    desk.look()
    desk.command(1, COMPLETE)
    desk.look()
    assert 1 == len(desk.told_of(RcaOverdue))


def test_an_incident_that_cannot_be_read_keeps_no_other_from_being_looked_at(
    desk: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.reactor.clock.CHECKED_TOGETHER", 1)
    for number in (1, 2):
        desk.happens(number)
    desk.store.append([event(f"incident/{UUID(int=1)}", 2)])  # by a newer program
    desk.now = DUE + HOUR
    desk.executor.close()
    desk.executor = Executor(desk.store, clock=lambda: desk.now, new_id=new_id)

    desk.look()

    entries = desk.store.read(0, 1_000, sealed=False)
    marked = {entry.stream for entry in entries if entry.type == RcaOverdue.name}
    assert {f"incident/{UUID(int=2)}"} == marked


def test_two_clocks_that_look_at_once_record_each_mark_once(desk: Watch) -> None:
    for number in range(1, 6):
        desk.happens(number)
    one, other = desk.clock(), desk.clock()
    one.catch_up()
    desk.now = DUE + HOUR

    other.catch_up()
    one.catch_up()
    other.catch_up()

    marks = [(each.stream, type(each.event)) for each in desk.told_of(*MARKS)]
    assert 10 == len(marks) == len(set(marks))


@pytest.mark.parametrize("ends", [c.Dismiss(reason="A false alarm"), COMPLETE])
def test_an_rca_nobody_waits_for_is_not_marked(
    desk: Watch, ends: c.Dismiss | c.CompleteRca
) -> None:
    desk.happens(1)
    desk.command(1, ends)
    desk.now = DUE + HOUR
    desk.look()
    assert [] == desk.told_of(*MARKS)


def test_an_incident_reopened_after_its_due_time_is_overdue_since_then(desk: Watch) -> None:
    desk.happens(1)
    desk.command(1, c.Dismiss(reason="A false alarm"))
    desk.now = DUE + HOUR
    desk.look()
    desk.command(1, c.Reopen(reason="It was none"))
    desk.look()
    [overdue] = desk.told_of(RcaOverdue)
    assert (DUE, DUE + HOUR) == (overdue.event.at, overdue.recorded_at)


def test_a_due_time_that_an_amendment_moved_has_marks_of_its_own(desk: Watch) -> None:
    desk.happens(1, detected_at=NOON - HOUR)
    desk.now = DUE
    desk.look()
    desk.command(1, c.Amend(field="detected_at", to=NOON.isoformat(), reason="Seen in the logs"))
    desk.now = DUE + HOUR
    desk.look()
    assert [DUE - HOUR, DUE] == [each.event.at for each in desk.told_of(RcaOverdue)]


def test_a_mark_that_was_withdrawn_is_recorded_again_when_it_is_due(desk: Watch) -> None:
    desk.happens(1)
    true, desk.now = desk.now, NOON + 40 * 24 * HOUR  # a clock that is wrong
    desk.look()
    desk.now = true
    for mark in RcaMark:
        desk.command(1, c.WithdrawRcaMark(mark=mark, reason="The clock was wrong"))
    desk.look()
    assert 2 == len(desk.told_of(*MARKS))

    desk.now = AT_RISK_AT
    desk.look()
    assert ["RcaAtRisk"] == [type(each.event).__name__ for each in desk.told_of(*MARKS)[2:]]
    desk.now = DUE + HOUR
    desk.look()
    assert [RcaAtRisk, RcaOverdue] == [type(each.event) for each in desk.told_of(*MARKS)[2:]]


def test_an_incident_reopened_after_a_wrong_clock_wrote_to_it_is_watched_from_now_on(
    desk: Watch,
) -> None:
    desk.happens(1)
    true, desk.now = desk.now, NOON + 40 * 24 * HOUR
    desk.command(1, c.Dismiss(reason="A false alarm"))
    desk.now = true
    desk.look()
    desk.command(1, c.Reopen(reason="It was none"))
    desk.now = DUE + HOUR
    desk.look()
    assert [RcaAtRisk, RcaOverdue] == [type(each.event) for each in desk.told_of(*MARKS)]


def test_by_a_guarded_clock_nothing_is_due_early_and_all_of_it_when_the_jump_stands(
    desk: Watch,
) -> None:
    desk.happens(1)
    passed, off = [0.0], timedelta()
    clock = GuardedClock(lambda: NOON + timedelta(seconds=passed[0]) + off, lambda: passed[0])
    watch = Clock(replace(desk.services(), clock=clock))
    watch.catch_up()

    off = 40 * DAY
    for _ in range(10):
        watch.catch_up()
        passed[0] += 60.0
        assert [] == desk.told_of(*MARKS)
    watch.catch_up()

    assert [RcaAtRisk, RcaOverdue] == [type(each.event) for each in desk.told_of(*MARKS)]
