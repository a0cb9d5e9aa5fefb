"""The position of the read models, for pages that refresh: server-sent events, bounded in number.

One query a second serves every stream of the process.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from consumers.container.ledger import Ledger
from ledger.errors import LedgerError
from projections.catalogue import PROJECTIONS
from projections.engine import position

MOST_STREAMS = 200
"""Of a process; beyond it the answer is 204, and pages refresh by a timer."""
MOST_STREAMS_OF_ONE = 20
"""Of one token, or of the visitors by log-in link."""
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
"""A proxy ends a connection on which nothing comes for a minute."""
STREAM_SECONDS = 600.0
"""Then a stream ends, and the browser's next one is authorised anew."""
BEGIN = b"retry: 2000\n\n"
ALIVE = b": alive\n\n"


class Updates:
    """The streams of a process. Not thread-safe: for one event loop."""

    def __init__(self, ledger: Ledger, draining: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._draining = draining
        self._open: Counter[str] = Counter()
        self._lock = asyncio.Lock()
        self._polled_at = -POLL_SECONDS
        self._position: int | None = None

    @property
    def open_streams(self) -> int:
        """The number of streams now."""
        return self._open.total()

    def has_room(self, caller: str) -> bool:
        """Whether another stream may begin for a caller, by its key."""
        few = self._open.total() < MOST_STREAMS and self._open[caller] < MOST_STREAMS_OF_ONE
        return few and not self._draining()

    async def stream(self, caller: str) -> AsyncIterator[bytes]:
        """An event `position` at the start and whenever the position moved, and heartbeats.

        Its data is the number of the first leaf that a read model lacks. It ends after
        STREAM_SECONDS, and when the process drains. While the store fails, it is silent.
        """
        with self._counted(caller):
            yield BEGIN
            begun = sent = time.monotonic()
            known: int | None = None
            while not self._draining() and (now := time.monotonic()) - begun < STREAM_SECONDS:
                at = await self._read()
                if at is not None and at != known:
                    known, sent = at, now
                    yield b"event: position\ndata: %d\n\n" % at
                elif now - sent >= HEARTBEAT_SECONDS:
                    sent = now
                    yield ALIVE
                await asyncio.sleep(POLL_SECONDS)

    @contextmanager
    def _counted(self, caller: str) -> Iterator[None]:
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            self._open += Counter()  # callers without a stream are dropped

    async def _read(self) -> int | None:
        """The position, at most POLL_SECONDS old; None where the store does not answer."""
        async with self._lock:
            if time.monotonic() - self._polled_at >= POLL_SECONDS:
                try:
                    self._position = await asyncio.to_thread(
                        position, self._ledger.views, PROJECTIONS
                    )
                except LedgerError:
                    self._position = None
                self._polled_at = time.monotonic()
        return self._position
