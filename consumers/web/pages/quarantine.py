"""The quarantine's page: what was set aside, why, and how to deal with it."""

import asyncio
from typing import Any, get_args

from litestar import Request, Response, get

from consumers.people import display_names
from consumers.web.pages.asking import Listing, asked
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.errors import Invalid
from ledger.store.records import Quarantined, QuarantineState
from ledger.vocabulary import Scope
from projections.queries.paging import opened, sealed
from projections.values import time_text

STATES: tuple[str, ...] = get_args(QuarantineState)
QUARANTINE = Listing(path="/quarantine", name="Quarantine", filters={"state": None})


@get("/quarantine", opt={"scope": Scope.READ})
async def quarantine(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was set aside, newest first; the open entries unless `state` says otherwise."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        view = asked(QUARANTINE, request.query_params)
        state = view.filters["state"] or "open"
        if state not in STATES:
            raise Invalid(
                f"No entry is ever in the state {state!r}.",
                errors=[("state", f"expected one of {', '.join(STATES)}")],
            )
        entries = store.quarantine(state=state)
        if view.cursor is not None:
            last = opened("quarantine", view.cursor, [str, str])
            entries = [each for each in entries if _place(each) < last]
        shown = entries[: view.limit]
        return page(
            frame_of(request),
            "quarantine.html",
            asked=view,
            state=state,
            states=STATES,
            entries=shown,
            next=sealed("quarantine", _place(shown[-1])) if len(shown) < len(entries) else None,
            names=display_names(store),
        )

    return await asyncio.to_thread(run)


def _place(entry: Quarantined) -> list[str | int]:
    """What the entries are ordered by."""
    return [time_text(entry.arrived_at), entry.id]
