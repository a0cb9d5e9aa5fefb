"""The page of the risk report: of a month, with the texts that its reader may read."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from msgspec.structs import replace

from consumers.container.ledger import Ledger
from consumers.read_service.streams import whole_stream
from consumers.risk_report.making import newest_month, shown_report
from consumers.risk_report.model import ReportedAction, RiskReport
from consumers.risk_report.publishing import digest_of
from consumers.risk_report.rendering import MOST_ROWS, report_body
from consumers.web.pages.rendering import frame_of, page
from consumers.web.reader import read_ledger
from consumers.web.services import services_of
from ledger.domain.improvement import IMPROVEMENT
from ledger.errors import Invalid
from ledger.policy.times import month_plus
from ledger.vocabulary import MONTH, Scope

_MOST_DIGITS = 16


@get("/risk-report", opt={"scope": Scope.READ})
async def risk_report_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The report of a month; without one, of the newest of which something is known."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        month = request.query_params.get("month") or newest_month(ledger.store)
        leaf = _leaf(request.query_params.get("leaf") or "")
        if MONTH.fullmatch(month) is None:
            raise Invalid(f"{month!r} is no month.", errors=[("month", "expected YYYY-MM")])
        report, readable = shown_report(ledger.store, month, leaf=leaf)
        return page(
            frame_of(request),
            "risk_report.html",
            month=month,
            leaf=report.leaf,
            before=month_plus(month, -1) if report.began_at < report.begins else None,
            after=month_plus(month, 1) if report.complete else None,
            complete=report.complete,
            body=report_body(_with_titles(ledger, readable), digest_of(report)),
        )

    async with services_of(request.app.state).reports:
        return await asyncio.to_thread(run)


def _with_titles(ledger: Ledger, report: RiskReport) -> RiskReport:
    """With the titles of actions that the report has not: as they are now, for this reader."""

    def titled(actions: tuple[ReportedAction, ...]) -> tuple[ReportedAction, ...]:
        shown, rest = actions[:MOST_ROWS], actions[MOST_ROWS:]
        return (*(each if each.title else _titled(ledger, each) for each in shown), *rest)

    actions = report.actions
    return replace(
        report,
        actions=replace(
            actions,
            overdue=titled(actions.overdue),
            not_effective=titled(actions.not_effective),
        ),
    )


def _titled(ledger: Ledger, action: ReportedAction) -> ReportedAction:
    return replace(action, title=whole_stream(ledger, IMPROVEMENT, UUID(action.id)).state.title)


def _leaf(text: str) -> int | None:
    """A leaf as somebody typed it. Raises Invalid."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS):
        raise Invalid(f"{text!r} is no leaf.", errors=[("leaf", "expected a number")])
    return int(text)
