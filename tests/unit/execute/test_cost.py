"""What deciding a signal costs, in calls: a figure that no load of the machine moves."""

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType
from uuid import UUID

import ledger
from ledger.domain.alert import Signal
from ledger.execute import RecordSignals
from ledger.execute.dry_run import DryRunExecutor
from tests.unit.execute.desk import NOON, Desk

OURS = str(Path(next(iter(ledger.__path__))))
SIGNALS = 100
MOST_CALLS = {"new": 105, "repeat": 34, "end": 78}
"""Functions of the ledger that are called for a signal; with Python 3.11 some 5 % fewer are."""


def calls(run: Callable[[], object]) -> int:
    """How many functions of the ledger a run calls, in this thread."""
    called = 0

    def seen(frame: FrameType, event: str, _: object) -> None:
        nonlocal called
        called += event == "call" and frame.f_code.co_filename.startswith(OURS)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        run()
    finally:
        sys.setprofile(before)
    return called


def rehearsal(desk: Desk) -> DryRunExecutor:
    ids = count(1_000_000)
    return DryRunExecutor(desk.store, clock=lambda: NOON, new_id=lambda: str(UUID(int=next(ids))))


def test_a_signal_costs_few_calls_whether_it_is_new_a_repeat_or_an_end(desk: Desk) -> None:
    decided = rehearsal(desk)

    def each(signals: tuple[Signal, ...]) -> float:
        request, context = RecordSignals(source="am", signals=signals), desk.context()
        return calls(lambda: decided.execute(request, context)) / SIGNALS

    firing = tuple(desk.signal(f"{n}") for n in range(SIGNALS))
    ended = tuple(desk.signal(f"{n}", "resolved") for n in range(SIGNALS))
    each((desk.signal("first"),))
    cost = {"new": each(firing), "repeat": each(firing), "end": each(ended)}

    assert [] == [name for name, most in MOST_CALLS.items() if cost[name] > most], cost
