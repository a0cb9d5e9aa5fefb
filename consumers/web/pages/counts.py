"""The pages of the monthly counts and of the reviews that they launched."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers import read_service
from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.web.pages.list_params import Listing, ListParams, list_params
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from consumers.web.services import services_of
from ledger.vocabulary import Scope
from projections import queries
from projections.queries.counts import ReviewFilters

READ = {"scope": Scope.READ}
COUNTS = Listing(path="/counts", name="The list of counts", filters={"month": None, "system": None})
REVIEWS = Listing(
    path="/reviews", name="The list of reviews", filters={"month": None, "system": None}
)


@get("/counts", opt=READ)
async def counts(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Each system's month against its threshold, the newest month first."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        view = list_params(COUNTS, request.query_params)
        found = read_service.counts.monthly_counts(
            ledger,
            month=view.filters["month"],
            system=view.filters["system"],
            cursor=view.cursor,
            limit=view.limit,
        )
        return page(
            frame_of(request),
            "counts.html",
            counts=found.items,
            next=found.next,
            **_around(ledger, view),
        )

    return await asyncio.to_thread(run)


@get("/reviews", opt=READ)
async def reviews(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Each review as it was launched, and what became of its month; the newest first."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        view = list_params(REVIEWS, request.query_params)
        found = read_service.counts.reviews(
            ledger, ReviewFilters(**view.filters), cursor=view.cursor, limit=view.limit
        )
        return page(
            frame_of(request),
            "reviews.html",
            reviews=found.items,
            next=found.next,
            **_around(ledger, view),
        )

    return await asyncio.to_thread(run)


def _around(ledger: Ledger, view: ListParams) -> dict[str, Any]:
    """What stands around either list: its form, and the rule that the months are held to."""
    known = queries.incidents.filter_choices(ledger.views)
    return {
        "asked": view,
        "fields": [
            view.field("month", known.months, complete=known.complete),
            view.field("system", known.systems, complete=known.complete),
        ],
        "rule": policy_in_force(ledger.store).triggers.incident_count,
        "policy": POLICY_PAGE,
    }
