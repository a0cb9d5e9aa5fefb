"""Waiting with a limit, for an event and for a condition."""

import asyncio
from itertools import count

from consumers.container.waiting import event_within, true_within


async def test_an_event_that_is_set_meanwhile_ends_the_wait() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(event_within(event, 3_600))
    event.set()
    assert await waiting


async def test_an_event_that_is_not_set_in_time_is_told() -> None:
    assert not await event_within(asyncio.Event(), 0)


async def test_a_cancelled_wait_ends_as_cancelled() -> None:
    waiting = asyncio.create_task(event_within(asyncio.Event(), 3_600))
    await asyncio.sleep(0)
    waiting.cancel()
    assert [asyncio.CancelledError] == [
        type(each) for each in await asyncio.gather(waiting, return_exceptions=True)
    ]


def test_a_condition_is_evaluated_until_it_is_true() -> None:
    evaluated = count(1)
    assert true_within(lambda: next(evaluated) == 3, seconds=3_600, every=0)
    assert 4 == next(evaluated)


def test_a_condition_that_stays_false_is_given_up_after_the_limit() -> None:
    evaluated = count(1)
    assert not true_within(lambda: next(evaluated) < 0, seconds=-1, every=0)
    assert 2 == next(evaluated)
