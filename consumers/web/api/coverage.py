"""The coverage of a month, as JSON."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from consumers import read_service
from consumers.read_service.coverage import Coverage
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, TAGS, AtLeast


@get("/coverage", opt=READ, tags=TAGS, summary="When sources and systems were heard")
async def coverage(
    request: Request[Any, Any, Any],
    month: Annotated[
        str | None, QueryParameter(description="The month, YYYY-MM; the present one by default.")
    ] = None,
    at_least: AtLeast = None,
) -> Coverage:
    """The share of a month, up to now, that each source and system was heard, with the gaps."""
    require_own(request, "the coverage")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(read_service.coverage.coverage, ledger, month=month)


ROUTES = [coverage]
"""`airledger coverage`."""
