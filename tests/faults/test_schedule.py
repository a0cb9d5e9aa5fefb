"""The schedule of faults: what was planned, in an order that its seed alone decides."""

from collections import Counter
from itertools import accumulate

from tests.faults.schedule import Kind, Plan, schedule

PLAN = Plan(connections=10, server=2, kills=7, rebalances=9, brokers=4, apart=(0.1, 0.2))
PROCESSES, VISITORS = ("intake1", "relay1", "clock1"), ("intake2", "projector2")


def test_a_seed_gives_the_same_schedule_again_and_another_seed_another() -> None:
    given = {"processes": PROCESSES, "visitors": VISITORS}
    first, again, other = (schedule(PLAN, seed, brokers=3, **given) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert Counter(each[1:3] for each in first) == Counter(each[1:3] for each in other)


def test_everything_planned_happens_and_everyone_has_a_turn() -> None:
    faults = schedule(PLAN, 7, processes=PROCESSES, visitors=VISITORS, brokers=3)
    targets = Counter((fault.kind, fault.target) for fault in faults)

    assert 10 == targets[Kind.CONNECTION, ""]
    assert 2 == targets[Kind.SERVER, ""]
    assert [3, 2, 2] == [targets[Kind.PROCESS, name] for name in PROCESSES]
    assert [2, 1, 1] == [targets[Kind.BROKER, number] for number in "123"]
    assert 9 == sum(fault.kind in {Kind.COMING, Kind.GOING} for fault in faults)
    assert all(0.1 <= fault.after <= 0.2 for fault in faults)


def test_visitors_come_before_they_go() -> None:
    faults = schedule(PLAN, 7, processes=PROCESSES, visitors=VISITORS, brokers=3)
    for visitor in VISITORS:
        steps = [fault.kind for fault in faults if fault.target == visitor]
        there = accumulate(1 if step is Kind.COMING else -1 for step in steps)
        assert {0, 1} == set(there)
