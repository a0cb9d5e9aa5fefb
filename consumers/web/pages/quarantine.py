"""The quarantine's page: what was set aside, why, and how to deal with it."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers.access.people import display_names
from consumers.read_service import quarantine as shown
from consumers.web.pages.list_params import Listing, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.vocabulary import Scope

QUARANTINE = Listing(path="/quarantine", name="Quarantine", filters={"state": None})


@get("/quarantine", opt={"scope": Scope.READ})
async def quarantine(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was set aside, newest first; the open entries unless `state` says otherwise."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        view = list_params(QUARANTINE, request.query_params)
        state = view.filters["state"] or "open"
        found = shown.entries(store, state=state, cursor=view.cursor, limit=view.limit)
        return page(
            frame_of(request),
            "quarantine.html",
            asked=view,
            state=state,
            states=shown.STATES,
            entries=found.items,
            next=found.next,
            names=display_names(store),
        )

    return await asyncio.to_thread(run)
