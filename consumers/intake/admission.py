"""Limits the bytes of bodies that are parsed and recorded at the same time, in all and by source.

A parsed body takes some 14 times its size in memory until its last signal is committed: 16 MiB of
189,000 signals take 230 MiB for half a minute. So a body waits for admission before it is parsed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consumers.intake.format import GROUP_BODY_BYTES
from consumers.intake.offload import SMALL_BODY_BYTES
from consumers.intake.shares import Shares
from ledger.errors import Overloaded

ADMITTED_BYTES = 2 * GROUP_BODY_BYTES
"""Of all sources: two bodies of the largest size, some 500 MiB once they are parsed."""
ADMITTED_BYTES_OF_A_SOURCE = GROUP_BODY_BYTES
"""Of one source: one body of the largest size, or smaller ones that are no larger together."""
ADMISSION_SECONDS = 5.0
"""The longest wait for admission; then 503, and the sender repeats. The body is held meanwhile."""


class Admission:
    """Counts the bodies that an intake parses or records. Used by one event loop.

    `most` and `most_of_a_source` are in bytes, `patience` in seconds. Bodies of up to
    `SMALL_BODY_BYTES` are not counted and never wait.
    """

    def __init__(
        self,
        most: int = ADMITTED_BYTES,
        most_of_a_source: int = ADMITTED_BYTES_OF_A_SOURCE,
        patience: float = ADMISSION_SECONDS,
    ) -> None:
        self._shares = Shares(most, most_of_a_source)
        self._patience = patience
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def admit(self, source: str, size: int) -> AsyncIterator[None]:
        """Waits until `size` bytes of a source are admitted; they count until the context ends.

        Raises Overloaded where there is no room within `patience`.
        """
        if size <= SMALL_BODY_BYTES:
            yield
            return
        await self._wait_for_room(source, size)
        self._shares.add(source, size)
        try:
            yield
        finally:
            self._shares.remove(source, size)
            self._freed.set()
            self._freed = asyncio.Event()

    async def _wait_for_room(self, source: str, size: int) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while not self._shares.has_room(source, size):
                    await self._freed.wait()
        except TimeoutError as error:
            raise Overloaded(
                f"Bodies of {self._shares.total} bytes are being recorded, "
                f"{self._shares.held_by(source)} of them of {source}; {size} more had no room for "
                f"{self._patience:g} s. This process takes {self._shares.most} at a time, "
                f"{self._shares.most_of_one} of one source.",
                remedy="Send it again in a moment.",
            ) from error
