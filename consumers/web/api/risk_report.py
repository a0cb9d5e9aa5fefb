"""The risk report for the board, as JSON: the same bytes for the same leaf."""

import asyncio
from typing import Annotated, Any

from litestar import MediaType, Request, Response, get
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter

from consumers.risk_report.making import risk_report
from consumers.risk_report.model import RiskReport
from consumers.risk_report.publishing import canonical_bytes
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import LAST_LEAF, READ, TAGS
from consumers.web.services import services_of
from ledger.vocabulary import MONTH

OfMonth = Annotated[
    str, QueryParameter(pattern=f"^{MONTH.pattern}$", description="The month, YYYY-MM.")
]
UpTo = Annotated[
    int | None,
    QueryParameter(
        ge=0, le=LAST_LEAF, description="Up to this leaf of the log; the last that is sealed."
    ),
]


@get(
    "/reports/risk",
    opt=READ,
    tags=TAGS,
    operation_id="risk_report",
    summary="The risk report of a month",
    responses={200: ResponseSpec(data_container=RiskReport, description="Canonical JSON")},
)
async def report(
    request: Request[Any, Any, Any], month: OfMonth, leaf: UpTo = None
) -> Response[bytes]:
    """The risk report for the board, folded from the log up to a leaf, as canonical JSON.

    The same leaf gives the same bytes (RFC 8785). Texts beside the log are named by their ids.
    """
    require_own(request, "the risk report")
    ledger = await wait_for_leaf(request, None)

    def run() -> bytes:
        return canonical_bytes(risk_report(ledger.store, month, leaf=leaf))

    async with services_of(request.app.state).reports:
        return Response(await asyncio.to_thread(run), media_type=MediaType.JSON)


ROUTES = [report]
"""`airledger report check` of a server."""
