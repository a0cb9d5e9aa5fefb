"""RCA clocks, monthly counts, reviews and alerts, as JSON."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter

from consumers import read_service
from consumers.commands.references import incident_id
from consumers.read_service.alerts import AlertView
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.items import Items
from consumers.read_service.rca import RcaClock
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.queries import READ, TAGS, AtLeast, Limit, Month
from ledger.vocabulary import AlertState, RcaState, ReviewState
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.rca import RcaFilters

Cursor = FromQuery[str | None]
SYSTEM = Annotated[str | None, QueryParameter(description="Only of this system.")]


@get("/rca", opt=READ, tags=TAGS, summary="The RCA clocks")
async def rca(
    request: Request[Any, Any, Any],
    rca_state: Annotated[RcaState | None, QueryParameter(name="state")] = None,
    system: SYSTEM = None,
    month: Month = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[RcaClock]:
    """The RCA clocks with their state now; the earliest due first."""
    ledger = await wait_for_leaf(request, at_least)
    filters = RcaFilters(rca_state, system, month)
    return await asyncio.to_thread(
        read_service.rca.clocks, ledger, filters, cursor=cursor, limit=limit
    )


@get("/counts", opt=READ, tags=TAGS, summary="The monthly counts")
async def counts(
    request: Request[Any, Any, Any],
    month: Month = None,
    system: SYSTEM = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[Count]:
    """The number of counted incidents of each system and month; newest month first."""
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(
        read_service.counts.monthly_counts,
        ledger,
        month=month,
        system=system,
        cursor=cursor,
        limit=limit,
    )


@get("/reviews", opt=READ, tags=TAGS, summary="The reviews that were launched")
async def reviews(
    request: Request[Any, Any, Any],
    month: Month = None,
    system: SYSTEM = None,
    review_state: Annotated[ReviewState | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[ReviewView]:
    """Each review: its launch, its state now, and the month's count now; the newest first."""
    ledger = await wait_for_leaf(request, at_least)
    filters = ReviewFilters(month, system, review_state)
    return await asyncio.to_thread(
        read_service.counts.reviews, ledger, filters, cursor=cursor, limit=limit
    )


@get("/alerts", opt=READ, tags=TAGS, summary="The alerts")
async def alerts(
    request: Request[Any, Any, Any],
    alert_state: Annotated[AlertState | None, QueryParameter(name="state")] = None,
    system: SYSTEM = None,
    source: Annotated[str | None, QueryParameter(description="A source's name.")] = None,
    incident: Annotated[
        str | None, QueryParameter(description="Ever linked to this incident: id or reference.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[AlertView]:
    """Every alert with the state of its newest episode; the one with the newest event first."""
    ledger = await wait_for_leaf(request, at_least)

    def run() -> Items[AlertView]:
        of = None if incident is None else str(incident_id(ledger.store, incident))
        filters = AlertFilters(alert_state, system, source, of)
        return read_service.alerts.list_alerts(ledger, filters, cursor=cursor, limit=limit)

    return await asyncio.to_thread(run)


ROUTES = [rca, counts, reviews, alerts]
