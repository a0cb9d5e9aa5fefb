"""Read-only pages for people, rendered on the server."""

import asyncio
from typing import Any

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from consumers.people import display_names
from consumers.runtime import now
from consumers.web import faults, login, policy_page
from consumers.web.dossier import dossier
from consumers.web.queries import views_of
from consumers.web.register import SORTED_BY, asked
from consumers.web.rendering import ASSETS, NO_SNIFFING, frame_of, page
from consumers.web.services import services_of
from ledger.errors import Invalid, NotFound
from ledger.vocabulary import Category, Scope, Severity, Status
from projections import queries
from projections.values import time_text

READ = {"scope": Scope.READ}
OPEN = {"open": True}
QUARANTINE_STATES = ("open", "retried", "dismissed")
MOST_QUARANTINED = 500
FOR_EVER = "public, max-age=31536000, immutable"


@get("/", opt=READ)
async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A page of the register, as narrowed and ordered as its address says."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        view = asked(request.query_params)
        at = time_text(now())
        found = queries.incidents(
            ledger.views, view.filters, sort=view.sort, cursor=view.cursor, limit=view.limit
        )
        return page(
            frame_of(request),
            "register.html",
            asked=view,
            sorted_by=SORTED_BY,
            incidents=views_of(ledger, found.rows),
            next=view.link(cursor=found.next) if found.next else None,
            standing=queries.standing(ledger.views, at),
            vocabulary=queries.vocabulary(ledger.views),
            choices={"status": Status, "severity": Severity, "category": Category},
            now=at,
        )

    return await asyncio.to_thread(run)


@get("/incidents/{ref:str}", opt=READ)
async def incident(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """An incident: its facts, its steps, its RCA clock, its timeline and its proof."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        found = dossier(ledger, ref)
        return page(
            frame_of(request),
            "incident.html",
            dossier=found,
            incident=found.incident,
            now=time_text(now()),
        )

    return await asyncio.to_thread(run)


@get("/quarantine", opt=READ)
async def quarantine(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was set aside, with the reasons; the open entries unless `state` says otherwise."""
    store = services_of(request.app.state).ledger.store
    state = request.query_params.get("state", "open")

    def run() -> Response[bytes]:
        if state not in QUARANTINE_STATES:
            raise Invalid(
                f"No entry is ever in the state {state!r}.",
                errors=[("state", f"expected one of {', '.join(QUARANTINE_STATES)}")],
            )
        entries = store.quarantine(state=state)
        return page(
            frame_of(request),
            "quarantine.html",
            state=state,
            states=QUARANTINE_STATES,
            entries=entries[:MOST_QUARANTINED],
            hidden=max(0, len(entries) - MOST_QUARANTINED),
            names=display_names(store),
        )

    return await asyncio.to_thread(run)


@get("/log", opt=READ)
async def log(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The transparency log as it stands, and how outsiders check it."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        state = ledger.store.log_state()
        if state is None:
            raise NotFound("The log was not begun.", remedy="Ask again in a moment.")
        return page(
            frame_of(request),
            "log.html",
            state=state,
            checkpoint=state.checkpoint.decode("utf-8", "replace"),
            appended=ledger.store.size(),
            public=ledger.settings.log.public,
        )

    return await asyncio.to_thread(run)


@get("/static/{name:str}", opt=OPEN)
async def static(name: FromPath[str]) -> Response[bytes]:
    """A style sheet, script or picture of the pages."""
    asset = ASSETS.get(name)
    if asset is None:
        raise NotFound(f"There is no file {name!r}.")
    return Response(
        asset.content,
        media_type=asset.media_type,
        headers={**NO_SNIFFING, "Cache-Control": FOR_EVER},
    )


ROUTER = Router(
    "/",
    route_handlers=[
        register,
        incident,
        quarantine,
        policy_page.policy,
        log,
        static,
        *login.ROUTES,
    ],
    exception_handlers=faults.HANDLERS,
    include_in_schema=False,
)
