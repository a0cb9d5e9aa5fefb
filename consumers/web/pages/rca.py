"""The page of the RCA clocks: states, due times and remaining or overdue time."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers import read_service
from consumers.commands.policy_history import policy_in_force
from consumers.read_service.filters import owner_choices, rca_filters
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import RcaState, Scope, Severity, Status
from projections import queries
from projections.values import time_text

RCA = ListSpec(
    path="/rca",
    name="The list of RCA clocks",
    filters={
        "state": RcaState,
        "system": None,
        "month": None,
        "status": Status,
        "severity": Severity,
        "incident": None,
        "owner": None,
        "from": None,
        "to": None,
        "q": None,
    },
    sort="owed",
    source="/v1/rca",
)
_ORDER = (
    RcaState.BREACHED,
    RcaState.AT_RISK,
    RcaState.ON_TRACK,
    RcaState.MET_LATE,
    RcaState.MET,
    RcaState.CANCELLED,
)
"""The states in display order: owed ones first, the worst first, then settled ones."""


@get("/rca", opt={"scope": Scope.READ})
async def rca(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The RCA clocks now: owed ones first, the earliest due first."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params, at = list_params(RCA, request.query_params), time_text(ledger.now())
        filters = rca_filters(ledger, params.filters)
        found = read_service.rca.clocks(
            ledger, filters, at=at, sort=params.sort, cursor=params.cursor, limit=params.limit
        )
        tally = queries.rca.count_by_state(ledger.views, filters, now=at)
        known = queries.incidents.filter_choices(ledger.views)
        return page(
            frame_of(request),
            "rca.html",
            params=params,
            fields=[
                params.field("system", known.systems, complete=known.complete),
                params.field("month", known.months, complete=known.complete),
                *(params.field(name) for name in ("status", "severity")),
                params.field("owner", owner_choices(ledger.store), complete=False),
                *(params.field(name) for name in ("from", "to", "q")),
            ],
            clocks=found.items,
            next=found.next,
            tally=[(each, tally[each]) for each in _ORDER],
            total=sum(tally.values()),
            rule=policy_in_force(ledger.store).rca,
            policy=POLICY_PAGE,
            now=at,
        )

    return await asyncio.to_thread(run)
