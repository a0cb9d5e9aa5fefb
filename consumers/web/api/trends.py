"""The trends of some months, as JSON."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from consumers import read_service
from consumers.read_service.trends import Trends
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, TAGS, AtLeast
from consumers.web.api.reports import SYSTEM


@get("/trends", opt=READ, tags=TAGS, summary="The trends of some months")
async def trends(
    request: Request[Any, Any, Any],
    month: Annotated[
        str | None, QueryParameter(description="Only this month, YYYY-MM; else from and to.")
    ] = None,
    first: Annotated[
        str | None, QueryParameter(name="from", description="The first month, YYYY-MM.")
    ] = None,
    last: Annotated[
        str | None, QueryParameter(name="to", description="The last month, YYYY-MM.")
    ] = None,
    system: SYSTEM = None,
    at_least: AtLeast = None,
) -> Trends:
    """Times, counts and shares of one month or of several; without a range, of the last six."""
    require_own(request, "the trends")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(
        read_service.trends.trends, ledger, month=month, first=first, last=last, system=system
    )


ROUTES = [trends]
"""`airledger trends`."""
