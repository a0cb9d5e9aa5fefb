"""How the objectives of systems stand, as JSON."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from consumers.read_service.items import Items
from consumers.read_service.objectives import ObjectiveView, objectives
from consumers.read_service.quarters import QuarterView, quarters
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, TAGS, AtLeast


@get("/objectives", opt=READ, tags=TAGS, summary="How the objectives of systems stand now")
async def objectives_now(
    request: Request[Any, Any, Any],
    system: Annotated[str | None, QueryParameter(description="Only those of this system.")] = None,
    at_least: AtLeast = None,
) -> Items[ObjectiveView]:
    """Every objective of every system, the worst first: breached, missed, undecided, met."""
    require_own(request, "the objectives")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(lambda: Items(items=objectives(ledger, system=system)))


@get("/triggers/quarters", opt=READ, tags=TAGS, summary="Quality against the quarter before")
async def quarters_now(
    request: Request[Any, Any, Any], at_least: AtLeast = None
) -> Items[QuarterView]:
    """Every series that the trigger of quality compares: dropped, undecided with why, held."""
    require_own(request, "the quarters")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(lambda: Items(items=quarters(ledger)))


ROUTES = [objectives_now, quarters_now]
