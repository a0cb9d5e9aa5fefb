"""Reading what was written: a query may wait until the read models hold a leaf."""

import asyncio
import time
from typing import Any

from litestar import Request

from consumers.container.ledger import Ledger
from consumers.web.services import services_of
from ledger.errors import Unavailable
from projections.catalogue import PROJECTIONS
from projections.engine import position

LONGEST_SECONDS = 5.0
STEP_SECONDS = 0.01


async def ledger_at(request: Request[Any, Any, Any], leaf: int | None) -> Ledger:
    """The ledger, once every read model has folded `leaf`. Raises Unavailable after 5 seconds."""
    ledger = services_of(request.app.state).ledger
    if leaf is not None:
        await _folded(ledger, leaf)
    return ledger


async def _folded(ledger: Ledger, leaf: int) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        folded = await asyncio.to_thread(position, ledger.views, PROJECTIONS)
        if folded > leaf:
            return
        if time.monotonic() > deadline:
            raise Unavailable(
                f"The read models are at {folded}; {leaf} was asked for.",
                remedy="Ask again in a moment.",
            )
        await asyncio.sleep(STEP_SECONDS)
