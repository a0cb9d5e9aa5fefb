"""Reading what was written: a query may wait until the read models hold a leaf."""

import asyncio
import time

from consumers.runtime import Ledger
from ledger.errors import Unavailable
from projections import queries
from projections.catalogue import PROJECTIONS

LONGEST_SECONDS = 5.0
STEP_SECONDS = 0.01


async def wait_for(ledger: Ledger, leaf: int | None) -> None:
    """Returns once every read model has folded `leaf`. Raises Unavailable after 5 seconds."""
    if leaf is None:
        return
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        position = await asyncio.to_thread(queries.incidents.position, ledger.views, PROJECTIONS)
        if position > leaf:
            return
        if time.monotonic() > deadline:
            raise Unavailable(
                f"The read models are at {position}; {leaf} was asked for.",
                remedy="Ask again in a moment.",
            )
        await asyncio.sleep(STEP_SECONDS)
