"""When tokens were last used: noted in memory, and written behind the requests, many at once."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from ledger.errors import LedgerError
from ledger.store.port import Store
from ledger.store.side_records import TokenUsed

NOTED_EVERY = timedelta(minutes=10)
"""The minimum time between two writes of a token's last use."""
WRITTEN_AFTER_SECONDS = 1.0
"""Uses are collected for so long before they are written."""


class TokenUses:
    """Notes uses of tokens by their digests. One event loop's own.

    No request waits for a write. One that fails is left out: the next use after NOTED_EVERY is
    written again, and a store that is read-only keeps what it has.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._noted: dict[str, datetime] = {}
        self._waiting: list[TokenUsed] = []
        self._writing: asyncio.Task[None] | None = None

    def note(self, digest: str) -> None:
        """A request came with this token. Costs a look-up in memory."""
        at, before = self._clock(), self._noted.get(digest)
        if before is not None and at - before < NOTED_EVERY:
            return
        self._noted[digest] = at
        self._waiting.append(TokenUsed(digest=digest, at=at))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(WRITTEN_AFTER_SECONDS)
                some, self._waiting = self._waiting, []
                await asyncio.to_thread(self._append, some)
        finally:
            self._writing = None

    def _append(self, some: list[TokenUsed]) -> None:
        try:
            self._store.append([], some)
        except LedgerError:
            return
