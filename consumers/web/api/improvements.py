"""The board of improvements as JSON."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from consumers.read_service.improvement_board import CARDS, ImprovementBoard, board
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, TAGS, AtLeast, Owner
from projections.queries.paging import MAX_LIMIT


@get(
    "/improvements/board",
    opt=READ,
    tags=TAGS,
    operation_id="improvement_board",
    summary="The board of improvements, and who is late",
)
async def board_now(
    request: Request[Any, Any, Any],
    system: Annotated[
        str | None, QueryParameter(description="Only improvements of this system.")
    ] = None,
    owner: Owner = None,
    limit: Annotated[
        int, QueryParameter(ge=1, le=MAX_LIMIT, description="At most so many cards a column.")
    ] = CARDS,
    at_least: AtLeast = None,
) -> ImprovementBoard:
    """Plan, Do, Check and Act with their counts and first cards, the late ones first.

    `owners` are those with improvements that are overdue, or due within seven days.
    """
    require_own(request, "the board of improvements")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(board, ledger, system=system, owner=owner, limit=limit)


ROUTES = [board_now]
