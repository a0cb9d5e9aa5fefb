"""The page of what needs somebody now."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers.read_service.today import needed_now
from consumers.web.pages.navigation import TODAY
from consumers.web.pages.rendering import frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import Scope
from projections.values import time_text


@get(TODAY, opt={"scope": Scope.READ})
async def today(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What is overdue, at risk, undecided, unregistered or silent, each a link to its rows."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        needed, at = needed_now(ledger), time_text(ledger.now())
        return page(frame_of(request), "today.html", needed=needed, at=at)

    return await asyncio.to_thread(run)
