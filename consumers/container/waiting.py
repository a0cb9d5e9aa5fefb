"""Waiting with a limit: for an event of the event loop, and for a condition in a thread."""

import asyncio
import time
from collections.abc import Callable


async def event_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits until the event is set, at most so many seconds; whether it is set."""
    # Not wait_for: until Python 3.12 it may swallow a cancellation.
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def true_within(condition: Callable[[], bool], *, seconds: float, every: float) -> bool:
    """Evaluates a condition every so many seconds until it is true; False after `seconds`.

    Blocking.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
