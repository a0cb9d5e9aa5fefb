"""The page of the register: incidents, filtered and sorted by the URL's parameters."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers import read_service
from consumers.commands.policy_history import categories_ever
from consumers.read_service.filters import incident_filters, owner_choices
from consumers.web.auth import caller_of, has_scope
from consumers.web.pages import acting
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.navigation import REPORTS
from consumers.web.pages.rendering import frame_of, go_to, page
from consumers.web.reader import read_ledger
from ledger.domain.incident.kind import INCIDENT
from ledger.vocabulary import Impact, Scope, Severity, Status, YesNo
from projections import queries
from projections.queries.coverage import silent_now
from projections.values import time_text

REGISTER = ListSpec(
    path="/",
    name="The register",
    filters={
        "system": None,
        "category": None,
        "severity": Severity,
        "status": Status,
        "month": None,
        "impact": Impact,
        "near_miss": YesNo,
        "triage": YesNo,
        "untold": YesNo,
        "owner": None,
        "from": None,
        "to": None,
        "q": None,
    },
    sort=queries.incidents.DEFAULT_SORT,
    source="/v1/incidents",
)


@get("/", opt={"scope": (Scope.READ, Scope.REPORT)})
async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page of the register, with the summary of all incidents.

    Who may report and not read is sent to what became of his own reports.
    """
    if not has_scope(caller_of(request), Scope.READ):
        return go_to(request, REPORTS)
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = list_params(REGISTER, request.query_params)
        at = time_text(ledger.now())
        found = read_service.incidents.register(
            ledger,
            incident_filters(ledger, params.filters),
            sort=params.sort,
            cursor=params.cursor,
            limit=params.limit,
        )
        categories = categories_ever(ledger.store)
        known = queries.incidents.filter_choices(ledger.views)
        return page(
            frame_of(request),
            "register.html",
            opening=acting.opening_title(request, INCIDENT),
            params=params,
            fields=[
                params.field("system", known.systems, complete=known.complete),
                *(params.field(name) for name in ("status", "impact", "severity")),
                params.field("category", labels=categories),
                params.field("month", known.months, complete=known.complete),
                params.field("near_miss"),
                params.field("triage"),
                params.field("untold"),
                params.field("owner", owner_choices(ledger.store), complete=False),
                *(params.field(name) for name in ("from", "to", "q")),
            ],
            incidents=found.items,
            next=found.next,
            summary=queries.incidents.register_summary(ledger.views, at),
            given_up=queries.deliveries.given_up_of_open(ledger.views),
            silent=silent_now(ledger.views),
            now=at,
        )

    return await asyncio.to_thread(run)
