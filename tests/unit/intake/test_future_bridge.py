"""The executor's answers on the event loop: a batch wakes it once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from consumers.intake.future_bridge import FutureBridge
from ledger.errors import Refused
from ledger.execute import Outcome

REFUSAL = Refused("rule", "No.")


async def waiting(answers: FutureBridge, count: int) -> list[tuple[Future[Outcome], Any]]:
    """Futures, each with a task that waits for it."""
    asked: list[Future[Outcome]] = [Future() for _ in range(count)]
    tasks = [asyncio.create_task(answers.result_of(each)) for each in asked]
    await asyncio.sleep(0)
    return list(zip(asked, tasks, strict=True))


def settle(asked: list[tuple[Future[Outcome], Any]]) -> None:
    for number, (each, _) in enumerate(asked):
        each.set_result(Outcome(recorded=number))


async def test_a_batch_of_answers_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await waiting(FutureBridge(), 50)
    loop = asyncio.get_running_loop()
    woken: list[Callable[..., object]] = []
    wake = loop.call_soon_threadsafe

    def noting(callback: Callable[..., object], *given: Any, **named: Any) -> asyncio.Handle:
        woken.append(callback)
        return wake(callback, *given, **named)

    monkeypatch.setattr(loop, "call_soon_threadsafe", noting)
    settle(asked)

    assert list(range(50)) == [(await task).recorded for _, task in asked]
    assert 1 == len(woken)


async def test_every_answer_from_another_thread_arrives() -> None:
    answers = FutureBridge()
    with ThreadPoolExecutor(1) as executor:
        for _ in range(50):
            asked = await waiting(answers, 20)
            executor.submit(settle, asked)
            found = await asyncio.wait_for(asyncio.gather(*(task for _, task in asked)), 10)
            assert list(range(20)) == [outcome.recorded for outcome in found]


async def test_what_refused_one_request_is_raised_to_it_alone() -> None:
    [(first, one), (second, other)] = await waiting(FutureBridge(), 2)
    first.set_exception(REFUSAL)
    second.set_result(Outcome(recorded=1))

    found = await asyncio.gather(one, other, return_exceptions=True)

    assert [REFUSAL, Outcome(recorded=1)] == list(found)


async def test_a_request_whose_sender_went_away_before_it_was_taken_up_is_left_out() -> None:
    [(asked, task)] = await waiting(FutureBridge(), 1)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert not asked.set_running_or_notify_cancel()


async def test_a_sender_that_goes_away_during_the_commit_harms_no_other() -> None:
    [(first, gone), (second, staying)] = await waiting(FutureBridge(), 2)
    for each in (first, second):
        each.set_running_or_notify_cancel()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    settle([(first, gone), (second, staying)])

    assert 1 == (await staying).recorded
