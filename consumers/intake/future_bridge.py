"""Passes the results of the executor's futures to the event loop, a batch at a time.

`asyncio.wrap_future` wakes the loop once for each future; a batch that commits sets many at once.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from functools import partial

from ledger.execute import Outcome


class FutureBridge:
    """Waits for the executor's futures. Used by one event loop."""

    def __init__(self) -> None:
        self._ready: deque[tuple[asyncio.Future[Outcome], Future[Outcome]]] = deque()
        self._waking = False

    async def result_of(self, submitted: Future[Outcome]) -> Outcome:
        """The outcome of a submitted request; raises its error.

        A wait that is cancelled cancels the request, unless the executor has begun it.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        submitted.add_done_callback(partial(self._enqueue, loop, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            submitted.cancel()
            raise

    def _enqueue(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: asyncio.Future[Outcome],
        submitted: Future[Outcome],
    ) -> None:
        """Runs in the executor's thread; the first result since a delivery wakes the loop."""
        self._ready.append((answer, submitted))
        if not self._waking:
            self._waking = True
            loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._waking = False  # before the loop: a later result is in it, or wakes again
        while self._ready:
            answer, submitted = self._ready.popleft()
            if answer.done():
                continue
            if (error := submitted.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(submitted.result())
