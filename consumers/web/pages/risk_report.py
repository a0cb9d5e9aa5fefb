"""The page of the risk report: of a month, with the texts that its reader may read."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers.risk_report.making import shown_report
from consumers.risk_report.publishing import digest_of
from consumers.risk_report.rendering import report_body
from consumers.web.pages.rendering import frame_of, page
from consumers.web.reader import read_ledger
from consumers.web.services import services_of
from ledger.errors import Invalid
from ledger.vocabulary import MONTH, Scope
from projections.values import time_text

_MOST_DIGITS = 16


@get("/risk-report", opt={"scope": Scope.READ})
async def risk_report_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The report of a month; without one, of the month that it is now in UTC."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        month = request.query_params.get("month") or time_text(ledger.now())[:7]
        leaf = _leaf(request.query_params.get("leaf") or "")
        if MONTH.fullmatch(month) is None:
            raise Invalid(f"{month!r} is no month.", errors=[("month", "expected YYYY-MM")])
        shown = shown_report(ledger.store, month, leaf=leaf)
        return page(
            frame_of(request),
            "risk_report.html",
            month=month,
            leaf=shown.report.leaf,
            body=report_body(shown.readable, digest_of(shown.report)),
        )

    async with services_of(request.app.state).reports:
        return await asyncio.to_thread(run)


def _leaf(text: str) -> int | None:
    """A leaf as somebody typed it. Raises Invalid."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS):
        raise Invalid(f"{text!r} is no leaf.", errors=[("leaf", "expected a number")])
    return int(text)
