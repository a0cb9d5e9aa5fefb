"""The executor's answers, brought to the event loop a batch at a time.

`asyncio.wrap_future` wakes the loop once for each; a batch that commits answers many at once.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from functools import partial

from ledger.execute import Outcome


class Answers:
    """Waits for the executor's futures. One event loop's own."""

    def __init__(self) -> None:
        self._ready: deque[tuple[asyncio.Future[Outcome], Future[Outcome]]] = deque()
        self._waking = False

    async def of(self, asked: Future[Outcome]) -> Outcome:
        """What a request comes to. One that is cancelled before it is taken up is left out."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        asked.add_done_callback(partial(self._bring, loop, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            asked.cancel()
            raise

    def _bring(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: asyncio.Future[Outcome],
        asked: Future[Outcome],
    ) -> None:
        """In the executor's thread: only the first since the loop last looked wakes it."""
        self._ready.append((answer, asked))
        if not self._waking:
            self._waking = True
            loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._waking = False  # first: what comes from here on is seen below, or wakes again
        while self._ready:
            answer, asked = self._ready.popleft()
            if answer.done():
                continue
            if (error := asked.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(asked.result())
