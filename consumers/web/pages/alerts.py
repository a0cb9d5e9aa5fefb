"""The page of the alerts: their state, and the incidents they belong to."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers import read_service
from consumers.commands.policy_history import policy_in_force
from consumers.read_service.filters import alert_filters
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from consumers.web.reader import read_ledger
from ledger.vocabulary import AlertState, Scope, Severity
from projections import queries
from projections.values import time_text

ALERTS = ListSpec(
    path="/alerts",
    name="The list of alerts",
    filters={
        "state": AlertState,
        "system": None,
        "source": None,
        "severity": Severity,
        "incident": None,
        "from": None,
        "to": None,
    },
    sort=queries.alerts.DEFAULT_SORT,
    source="/v1/alerts",
)


@get("/alerts", opt={"scope": Scope.READ})
async def alerts(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every alert with the state of its newest episode; the one with the newest event first."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = list_params(ALERTS, request.query_params)
        filters = alert_filters(ledger, params.filters)
        found = read_service.alerts.list_alerts(
            ledger, filters, sort=params.sort, cursor=params.cursor, limit=params.limit
        )
        linked = {each.incident for each in found.items if each.incident}
        known = queries.alerts.filter_choices(ledger.views)
        return page(
            frame_of(request),
            "alerts.html",
            params=params,
            fields=[
                params.field("state"),
                params.field("system", known.systems, complete=known.complete),
                params.field("source", known.sources, complete=known.complete),
                *(params.field(name) for name in ("severity", "from", "to")),
            ],
            alerts=found.items,
            next=found.next,
            references=read_service.incidents.references_of(ledger, linked),
            rule=policy_in_force(ledger.store).alerts,
            policy=POLICY_PAGE,
            now=time_text(ledger.now()),
        )

    return await asyncio.to_thread(run)
