"""The pages of the monthly counts and of the reviews that they launched."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers import read_service
from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.filters import owner_choices, review_filters
from consumers.web.pages.list_params import Field, ListParams, ListSpec, list_params
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import ReviewState, Scope
from projections import queries
from projections.values import time_text

READ = {"scope": Scope.READ}
COUNTS = ListSpec(
    path="/counts",
    name="The list of counts",
    filters={"month": None, "system": None},
    sort=queries.counts.DEFAULT_COUNT_SORT,
    source="/v1/counts",
)
REVIEWS = ListSpec(
    path="/reviews",
    name="The list of reviews",
    filters={
        "state": ReviewState,
        "month": None,
        "system": None,
        "owner": None,
        "from": None,
        "to": None,
    },
    sort=queries.counts.DEFAULT_REVIEW_SORT,
    source="/v1/reviews",
)


@get("/counts", opt=READ)
async def counts(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Each system's month against its threshold, the newest month first."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = list_params(COUNTS, request.query_params)
        found = read_service.counts.monthly_counts(
            ledger,
            month=params.filters["month"],
            system=params.filters["system"],
            sort=params.sort,
            cursor=params.cursor,
            limit=params.limit,
        )
        return page(
            frame_of(request),
            "counts.html",
            counts=found.items,
            next=found.next,
            **_shared_context(ledger, params),
        )

    return await asyncio.to_thread(run)


@get("/reviews", opt=READ)
async def reviews(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Each review as it was launched, with the month's count now; the newest first."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params, at = list_params(REVIEWS, request.query_params), time_text(ledger.now())
        filters = review_filters(ledger, params.filters)
        found = read_service.counts.reviews(
            ledger, filters, at=at, sort=params.sort, cursor=params.cursor, limit=params.limit
        )
        tally = queries.counts.reviews_by_state(ledger.views, filters, now=at)
        return page(
            frame_of(request),
            "reviews.html",
            reviews=found.items,
            next=found.next,
            tally=tally.items(),
            total=sum(tally.values()),
            now=at,
            **_shared_context(
                ledger,
                params,
                params.field("owner", owner_choices(ledger.store), complete=False),
                params.field("from"),
                params.field("to"),
            ),
        )

    return await asyncio.to_thread(run)


def _shared_context(ledger: Ledger, params: ListParams, *more: Field) -> dict[str, Any]:
    """The context of both lists: the form, and the policy's rule."""
    known = queries.incidents.filter_choices(ledger.views)
    return {
        "params": params,
        "fields": [
            params.field("month", known.months, complete=known.complete),
            params.field("system", known.systems, complete=known.complete),
            *more,
        ],
        "rule": policy_in_force(ledger.store).triggers.incident_count,
        "policy": POLICY_PAGE,
    }
