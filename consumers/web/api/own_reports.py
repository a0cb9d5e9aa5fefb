"""What became of the incidents that the caller reported."""

import asyncio
from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery

from consumers.read_service.items import Items
from consumers.read_service.reports import ReportView, report, reports_list
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.exports import Asked, Format, answer
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import AtLeast, Limit
from consumers.web.auth import caller_of
from ledger.vocabulary import Scope

OWN = {"scope": Scope.REPORT}
TAGS = ["reports"]


@get("/reports", opt=OWN, tags=TAGS, summary="What the caller reported")
async def reports(
    request: Request[Any, Any, Any],
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[ReportView]:
    """The incidents that the caller opened, and what became of them; the newest first."""
    asked = Asked(None, cursor, limit, at_least, form)
    actors = [caller_of(request).actor]
    listed: Items[ReportView] = await answer(request, reports_list(lambda _: actors), {}, asked)
    return listed


@get("/reports/{ref:str}", opt=OWN, tags=TAGS, summary="One of the caller's reports")
async def one_report(
    request: Request[Any, Any, Any], ref: FromPath[str], at_least: AtLeast = None
) -> ReportView:
    """An incident that the caller opened, by its id or reference; 404 for anybody else's."""
    require_own(request, "a report")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(report, ledger, [caller_of(request).actor], ref)


ROUTES = [reports, one_report]
