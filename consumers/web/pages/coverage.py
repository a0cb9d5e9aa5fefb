"""The page of the coverage of a month."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers import read_service
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import Scope
from projections import queries

COVERAGE = ListSpec(path="/coverage", name="The coverage", filters={"month": None})


@get("/coverage", opt={"scope": Scope.READ})
async def coverage(request: Request[Any, Any, Any]) -> Response[bytes]:
    """When each source and system was heard in a month, and the gaps."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = list_params(COVERAGE, request.query_params)
        found = read_service.coverage.coverage(ledger, month=params.filters["month"])
        known = queries.incidents.filter_choices(ledger.views)
        months = sorted({*known.months, found.month}, reverse=True)
        return page(
            frame_of(request),
            "coverage.html",
            params=params,
            fields=[params.field("month", months, complete=False)],
            coverage=found,
            policy=POLICY_PAGE,
        )

    return await asyncio.to_thread(run)
