"""Read-your-writes: a query can wait until the read models include a leaf."""

import asyncio
import time
from typing import Any

from litestar import Request

from consumers.container.ledger import Ledger
from consumers.web.reader import read_ledger
from ledger.errors import Unavailable
from projections.catalogue import PROJECTIONS
from projections.engine import position

LONGEST_SECONDS = 5.0
STEP_SECONDS = 0.01


async def wait_for_leaf(request: Request[Any, Any, Any], leaf: int | None) -> Ledger:
    """The ledger as the caller reads it, once every read model includes `leaf`.

    Raises Unavailable after 5 seconds.
    """
    ledger = read_ledger(request)
    if leaf is not None:
        await _wait(ledger, leaf)
    return ledger


async def _wait(ledger: Ledger, leaf: int) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        folded = await asyncio.to_thread(position, ledger.views, PROJECTIONS)
        if folded > leaf:
            return
        if time.monotonic() > deadline:
            raise Unavailable(
                f"The read models do not include leaf {leaf} yet; their position is {folded}.",
                remedy="Try again in a moment.",
            )
        await asyncio.sleep(STEP_SECONDS)
