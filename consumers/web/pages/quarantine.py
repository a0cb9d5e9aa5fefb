"""The page of the quarantine: entries, their reasons and the commands to handle them."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from msgspec.structs import replace

from consumers.read_service import quarantine as shown
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.store.side_ports import NEWEST_FIRST
from ledger.vocabulary import Scope

QUARANTINE = ListSpec(
    path="/quarantine",
    name="Quarantine",
    filters={"state": None, "source": None},
    sort=NEWEST_FIRST,
    source="/v1/quarantine",
)


@get("/quarantine", opt={"scope": Scope.READ})
async def quarantine(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Quarantined bodies, newest first unless sorted otherwise; open ones without `state`."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        params = list_params(QUARANTINE, request.query_params)
        state = params.filters["state"] or "open"
        params = replace(params, filters={**params.filters, "state": state})
        found = shown.entries(
            store, **params.filters, sort=params.sort, cursor=params.cursor, limit=params.limit
        )
        return page(
            frame_of(request),
            "quarantine.html",
            params=params,
            state=state,
            states=shown.STATES,
            entries=found.items,
            next=found.next,
        )

    return await asyncio.to_thread(run)
