"""The guarded clock: the times it gives when the machine's clock jumps, and what it logs."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from consumers.container import guarded_clock
from consumers.container.guarded_clock import (
    JUMP,
    STANDS_AFTER,
    ClockState,
    GuardedClock,
    held_reason,
    machine_time,
    plausible_times,
    seconds_passed,
    state_of,
)
from consumers.container.ledger import now

BEGIN = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
FAR = [40 * DAY, -40 * DAY, JUMP, -JUMP]


class Machine:
    """A machine whose clock can be set, and time passes when the test says so."""

    def __init__(self) -> None:
        self.true, self.set_off, self.booted = BEGIN, timedelta(), 1_000.0
        self.clock = GuardedClock(lambda: self.true + self.set_off, lambda: self.booted)

    def passes(self, time: timedelta, *, every: timedelta | None = None) -> None:
        """Time passes; with `every`, the clock is asked so often meanwhile."""
        end = self.true + time
        while self.true < end:
            step = min(every or time, end - self.true)
            self.true += step
            self.booted += step.total_seconds()
            if every is not None:
                self.clock()

    def jumps(self, by: timedelta) -> None:
        self.set_off += by

    @property
    def off(self) -> timedelta:
        """How far the time given is from the true one."""
        return self.clock() - self.true


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_clock_that_is_right_is_given_as_it_is(machine: Machine) -> None:
    machine.passes(30 * DAY, every=timedelta(hours=7))
    assert timedelta() == machine.off
    assert ClockState(state="trusted") == machine.clock.state()
    assert "" == held_reason(machine.clock.state())


@pytest.mark.parametrize("jump", FAR)
def test_a_jump_of_an_hour_or_more_changes_no_time_that_is_given(
    machine: Machine, jump: timedelta
) -> None:
    machine.passes(MINUTE)
    machine.jumps(jump)
    machine.passes(4 * SECOND, every=SECOND)

    assert timedelta() == machine.off
    state = machine.clock.state()
    assert (True, jump.total_seconds()) == (state.held, state.jump_seconds)
    assert BEGIN + MINUTE + SECOND == state.since
    assert f"{jump.total_seconds():+.0f} s" in held_reason(state)


@pytest.mark.parametrize("jump", FAR)
def test_a_clock_that_comes_back_within_ten_minutes_leaves_no_trace(
    machine: Machine, jump: timedelta
) -> None:
    with capture_logs() as lines:
        machine.jumps(jump)
        machine.passes(STANDS_AFTER - SECOND, every=MINUTE)
        machine.jumps(-jump)
        machine.passes(SECOND, every=SECOND)
        assert (timedelta(), False) == (machine.off, machine.clock.state().held)
        machine.passes(DAY, every=MINUTE)

    assert timedelta() == machine.off
    assert [("clock_held", "warning"), ("clock_came_back", "info")] == [
        (line["event"], line["log_level"]) for line in lines
    ]


@pytest.mark.parametrize("jump", FAR)
def test_a_jump_that_has_stood_for_ten_minutes_is_taken(machine: Machine, jump: timedelta) -> None:
    with capture_logs() as lines:
        machine.jumps(jump)
        assert timedelta() == machine.off
        machine.passes(STANDS_AFTER - SECOND, every=MINUTE)
        assert timedelta() == machine.off
        machine.passes(SECOND)
        assert jump == machine.off
        machine.passes(DAY, every=MINUTE)

    assert (jump, False) == (machine.off, machine.clock.state().held)
    assert [("clock_held", "warning"), ("clock_jump_stands", "warning")] == [
        (line["event"], line["log_level"]) for line in lines
    ]


def test_another_jump_while_one_is_held_starts_the_ten_minutes_anew(machine: Machine) -> None:
    machine.jumps(40 * DAY)
    machine.clock()
    machine.passes(9 * MINUTE, every=MINUTE)
    machine.jumps(-20 * DAY)
    machine.passes(9 * MINUTE, every=MINUTE)
    assert (timedelta(), 20 * DAY) == (
        machine.off,
        timedelta(seconds=machine.clock.state().jump_seconds),
    )
    machine.passes(2 * MINUTE, every=MINUTE)
    assert 20 * DAY == machine.off


def test_a_small_step_while_a_jump_is_held_starts_nothing_anew(machine: Machine) -> None:
    machine.jumps(40 * DAY)
    machine.clock()
    machine.passes(9 * MINUTE, every=MINUTE)
    machine.jumps(-SECOND)
    machine.passes(MINUTE, every=MINUTE)
    assert 40 * DAY - SECOND == machine.off


@pytest.mark.parametrize("step", [JUMP - SECOND, SECOND - JUMP, SECOND, -SECOND])
def test_a_step_of_less_than_an_hour_is_taken_as_it_is(machine: Machine, step: timedelta) -> None:
    with capture_logs() as lines:
        machine.jumps(step)
        assert step == machine.off
        machine.passes(MINUTE, every=MINUTE)
        machine.jumps(step)
        assert 2 * step == machine.off
    assert [] == lines


def test_a_slow_drift_is_followed_however_far_it_leads(machine: Machine) -> None:
    for _ in range(1_000):
        machine.passes(MINUTE)
        machine.jumps(10 * SECOND)
        machine.clock()
    assert 10_000 * SECOND == machine.off
    assert not machine.clock.state().held


def test_a_machine_that_slept_for_hours_is_believed_at_once(machine: Machine) -> None:
    machine.clock()
    machine.passes(8 * 60 * MINUTE)
    assert (timedelta(), False) == (machine.off, machine.clock.state().held)


def test_a_process_that_is_stopped_between_two_readings_sees_no_jump() -> None:
    machine, stops = Machine(), [False, False, True]

    def read() -> datetime:
        if stops and stops.pop(0):
            machine.passes(2 * JUMP)
        return machine.true

    clock = GuardedClock(read, lambda: machine.booted)
    with capture_logs() as lines:
        assert BEGIN == clock()
        assert BEGIN + 2 * JUMP == clock()
    assert ([], []) == (stops, lines)


def test_many_threads_that_ask_at_once_are_told_one_time_and_it_is_logged_once() -> None:
    machine = Machine()
    machine.jumps(40 * DAY)
    given: set[datetime] = set()
    threads = [
        threading.Thread(target=lambda: given.update(machine.clock() for _ in range(500)))
        for _ in range(8)
    ]
    with capture_logs() as lines:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {BEGIN} == given
    assert ["clock_held"] == [line["event"] for line in lines]


def test_while_a_jump_is_held_either_time_may_be_the_right_one(machine: Machine) -> None:
    assert (BEGIN,) == plausible_times(machine.clock)
    machine.jumps(DAY)
    assert (BEGIN, BEGIN + DAY) == plausible_times(machine.clock)
    assert (BEGIN,) == plausible_times(lambda: BEGIN)


def test_the_time_passed_is_that_in_which_sleep_counts() -> None:
    assert time.CLOCK_BOOTTIME == guarded_clock._PASSING
    assert abs(seconds_passed() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 60


def test_every_ledger_has_a_guarded_clock_by_default_and_other_clocks_have_no_state() -> None:
    assert isinstance(now, GuardedClock)
    assert abs(now() - machine_time()) < MINUTE
    assert None is state_of(machine_time)
    state = state_of(now)
    assert state is not None
    assert not state.held
