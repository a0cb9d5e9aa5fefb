"""The pages of what their visitor reported: the list, and one report in its reduced form."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.read_service.reports import report, reports
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.auth import caller_of
from consumers.web.pages import acting
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.navigation import REPORTS
from consumers.web.pages.rendering import frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import Scope

OWN = {"scope": Scope.REPORT}
LIST = ListSpec(path=REPORTS, name="The list of my reports", filters={}, source="/v1/reports")


@get(REPORTS, opt=OWN)
async def own_reports(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the visitor reported, and what became of it."""
    ledger, actor = read_ledger(request), caller_of(request).actor

    def run() -> Response[bytes]:
        params = list_params(LIST, request.query_params)
        found = reports(ledger, [actor], cursor=params.cursor, limit=params.limit)
        return page(
            frame_of(request), "reports.html", params=params, reports=found.items, next=found.next
        )

    return await asyncio.to_thread(run)


@get(f"{REPORTS}/{{ref:str}}", opt=OWN)
async def own_report(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One of the visitor's reports; 404 for anybody else's."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))
    actor = caller_of(request).actor

    def run() -> Response[bytes]:
        return page(frame_of(request), "report.html", report=report(ledger, [actor], ref))

    return await asyncio.to_thread(run)


ROUTES = [own_reports, own_report]
