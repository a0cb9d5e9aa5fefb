"""The page of the trends: charts, each with its table, and links to the incidents behind them."""

import asyncio
from calendar import monthrange
from typing import Any

from litestar import Request, Response, get
from msgspec.structs import replace

from consumers import read_service
from consumers.web.pages.list_params import ListParams, ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import Scope
from projections import queries

TRENDS = ListSpec(
    path="/trends",
    name="The trends",
    filters={"month": None, "from": None, "to": None, "system": None},
    labels={},
)
MEASURES = (
    ("contain", "To contain", "from detection to containment"),
    ("resolve", "To resolve", "from detection to the end of the impact"),
    ("rca", "To complete the RCA", "from detection to the root cause analysis"),
)
"""Each measure's name, its heading and what it is."""


@get("/trends", opt={"scope": Scope.READ})
async def trends(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The trends of one month or a range of months, of one system or all."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = _as_range(list_params(TRENDS, request.query_params))
        given = params.filters
        found = read_service.trends.trends(
            ledger,
            month=given["month"],
            first=given["from"],
            last=given["to"],
            system=given["system"],
        )
        known = queries.incidents.filter_choices(ledger.views)
        return page(
            frame_of(request),
            "trends.html",
            params=params,
            fields=[
                *(params.field(name, known.months, complete=False) for name in ("from", "to")),
                params.field("system", known.systems, complete=known.complete),
            ],
            trends=found,
            measures=MEASURES,
            when=_days(found.first, found.last),
        )

    return await asyncio.to_thread(run)


def _days(first: str, last: str) -> dict[str, str]:
    """The filters of the register for one month, or for the days of several, in UTC."""
    if first == last:
        return {"month": first}
    year, month = map(int, last.split("-"))
    return {"from": f"{first}-01", "to": f"{last}-{monthrange(year, month)[1]}"}


def _as_range(params: ListParams) -> ListParams:
    """One month as the range from it to it, as the form has it."""
    month = params.filters["month"]
    if month is None or params.filters["from"] or params.filters["to"]:
        return params
    return replace(params, filters={**params.filters, "month": None, "from": month, "to": month})
