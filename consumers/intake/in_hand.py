"""How many bytes of bodies are parsed and recorded at a time, and how many of them of one source.

A parsed body takes some 14 times its size in memory until its last signal is committed: 16 MiB of
189,000 signals take 230 MiB for half a minute. So a body waits for its turn before it is parsed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consumers.intake.formats.registry import GROUP_BODY_BYTES
from consumers.intake.offload import SMALL_BODY_BYTES
from consumers.intake.shares import Shares
from ledger.errors import Overloaded

IN_HAND_BYTES = 2 * GROUP_BODY_BYTES
"""Of all sources: two bodies of the largest size, some 500 MiB once they are parsed."""
IN_HAND_BYTES_OF_A_SOURCE = GROUP_BODY_BYTES
"""Of one source: one body of the largest size, or smaller ones that are no larger together."""
TURN_SECONDS = 5.0
"""So long a body waits for its turn; then 503, and it is sent again. Bodies are held meanwhile."""


class InHand:
    """The bodies of an intake that are parsed or recorded. One event loop's own.

    Bodies of up to `SMALL_BODY_BYTES` are not counted, and never wait.
    """

    def __init__(
        self,
        most: int = IN_HAND_BYTES,
        most_of_a_source: int = IN_HAND_BYTES_OF_A_SOURCE,
        patience: float = TURN_SECONDS,
    ) -> None:
        self._shares = Shares(most, most_of_a_source)
        self._patience = patience
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def turn(self, source: str, size: int) -> AsyncIterator[None]:
        """Waits until so many bytes of a source may be parsed, and counts them while it is open.

        Raises Overloaded where there is no room within the patience (seconds).
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
