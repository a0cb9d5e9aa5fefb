"""The loops beside the door: how long they rest, and what they finish before they end."""

import threading

import pytest

from consumers.container import thread_worker
from consumers.container.thread_worker import Loop

DEADLINE = 10


@pytest.mark.parametrize(
    ("took", "rests"), [(0.0, 0.03), (0.02, 0.03), (0.08, 0.08), (0.5, 0.2), (60.0, 0.2)]
)
def test_a_loop_rests_in_proportion_to_its_step_within_bounds(took: float, rests: float) -> None:
    assert rests == thread_worker._rest(took)


def test_a_loop_that_is_told_to_stop_first_does_all_that_is_left() -> None:
    left = 50
    first = threading.Event()
    told: list[int] = []

    def step() -> bool:
        nonlocal left
        first.set()
        left = max(0, left - 1)
        return left > 0

    loop = Loop("toy", step, on_progress=lambda: told.append(left))
    loop.start()
    assert first.wait(DEADLINE)
    loop.stop()

    assert 0 == left
    assert list(range(49, 0, -1)) == told
    assert "stopped" == loop.state


def test_a_loop_with_more_to_do_waits_for_no_news() -> None:
    done = threading.Event()
    steps = iter([True, True, True])

    def step() -> bool:
        moved = next(steps, False)
        if not moved:
            done.set()
        return moved

    loop = Loop("toy", step)
    loop.start()
    try:
        assert done.wait(DEADLINE)
    finally:
        loop.stop()


def test_a_loop_that_moved_nothing_heeds_the_next_news_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thread_worker, "PACE_SECONDS", 3_600)
    monkeypatch.setattr(thread_worker, "IDLE_SECONDS", 3_600)
    stepped = threading.Semaphore(0)

    def step() -> bool:
        stepped.release()
        return False

    loop = Loop("toy", step)
    loop.start()
    try:
        for _ in range(5):
            assert stepped.acquire(timeout=DEADLINE)
            loop.wake()
    finally:
        loop.stop()
