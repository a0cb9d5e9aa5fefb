"""The heat map of risks, their movement, and those above tolerance, as JSON."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter

from consumers.read_service.items import Items
from consumers.read_service.risk_above import RiskAbove, above_tolerance
from consumers.read_service.risk_map import HeatMap, heat_map
from consumers.read_service.risk_movement import Movement, movement
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, TAGS, AtLeast, Limit
from ledger.domain.risk.words import RiskLevel

System = Annotated[str | None, QueryParameter(description="Only risks of this system.")]
Category = Annotated[str | None, QueryParameter(description="Only risks of this category.")]


@get("/risks/heat-map", opt=READ, tags=TAGS, operation_id="risk_heat_map", summary="The heat map")
async def heat(
    request: Request[Any, Any, Any],
    level: Annotated[
        RiskLevel,
        QueryParameter(
            description="By the assessments without controls, with those that there are, or as "
            "planned."
        ),
    ] = RiskLevel.CURRENT,
    system: System = None,
    category: Category = None,
    at_least: AtLeast = None,
) -> HeatMap:
    """Open risks by the matrix of the policy in force; what has no place in it is counted apart."""
    require_own(request, "the heat map")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(heat_map, ledger, level=level, system=system, category=category)


@get(
    "/risks/movement",
    opt=READ,
    tags=TAGS,
    operation_id="risk_movement",
    summary="How risks moved between two days",
)
async def moved(
    request: Request[Any, Any, Any],
    since: Annotated[
        str | None,
        QueryParameter(
            description="From the beginning of this day, `2026-10-01`, in the policy's zone; "
            "without it, of the first of last month."
        ),
    ] = None,
    until: Annotated[
        str | None,
        QueryParameter(description="To the end of this day, likewise; without it, until now."),
    ] = None,
    system: System = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Movement:
    """Each risk with its band and score at both: new, closed, worse, better, assessed or not.

    `counts` are of all of them, whatever is on the page.
    """
    require_own(request, "the movement")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(
        movement, ledger, since=since, until=until, system=system, cursor=cursor, limit=limit
    )


@get(
    "/risks/above-tolerance",
    opt=READ,
    tags=TAGS,
    operation_id="risks_above_tolerance",
    summary="Risks that are not within tolerance",
)
async def above(
    request: Request[Any, Any, Any],
    system: System = None,
    category: Category = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[RiskAbove]:
    """Open risks that the policy in force does not tolerate, or that are not assessed.

    The worst come first, each with the incidents behind it, and who has to do what.
    """
    require_own(request, "the risks above tolerance")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(
        above_tolerance, ledger, system=system, category=category, cursor=cursor, limit=limit
    )


ROUTES = [heat, moved, above]
