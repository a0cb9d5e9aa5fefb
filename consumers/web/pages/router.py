"""Read-only pages for people, rendered on the server."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from consumers.read_service.choices import incident_choices
from consumers.read_service.due_command import due_command
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import (
    access,
    acknowledging,
    acting,
    adopting,
    approving,
    cli_login,
    controls,
    error_pages,
    login,
    own_reports,
    persons,
    provider_login,
    quarantine_entry,
    reads,
    retention,
    risk,
    roles,
    sessions,
    streams,
)
from consumers.web.pages.alerts import alerts
from consumers.web.pages.counts import counts, reviews
from consumers.web.pages.coverage import coverage
from consumers.web.pages.evidence import evidence
from consumers.web.pages.governance import governance
from consumers.web.pages.improvement import improvement
from consumers.web.pages.incident import incident_page
from consumers.web.pages.objectives import objective, objectives
from consumers.web.pages.policy import policy
from consumers.web.pages.quarantine import quarantine
from consumers.web.pages.rca import rca
from consumers.web.pages.register import register
from consumers.web.pages.release import explained, release
from consumers.web.pages.rendering import ASSETS, NO_SNIFFING, frame_of, page
from consumers.web.pages.review import review
from consumers.web.pages.risk_report import risk_report_page
from consumers.web.pages.system import system
from consumers.web.pages.today import today
from consumers.web.pages.trends import trends
from consumers.web.pages.updates import updates
from consumers.web.services import services_of
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import NotFound
from ledger.vocabulary import Scope
from projections.values import time_text

READ = {"scope": Scope.READ}
OPEN = {"open": True}
FOR_EVER = "public, max-age=31536000, immutable"


@get("/incidents/{ref:str}", opt=READ)
async def incident(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """An incident: its fields, steps, RCA clock, forms, timeline and proof."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        found = incident_page(ledger, ref, request.query_params.get("cursor") or None)
        concern = acting.concern_for(request, INCIDENT, UUID(found.incident.id))
        forms = acting.forms_for(
            request,
            INCIDENT,
            found.incident.reference,
            found.incident.version,
            incident_choices(ledger, found.incident),
            concern,
        )
        due = due_command(found.incident)
        return page(
            frame_of(request),
            "incident.html",
            page=found,
            incident=found.incident,
            next_form=acting.wanted_form(request, forms) or due,
            only_for=acting.only_for(request, INCIDENT, due, concern, forms),
            forms=tuple(form for form in forms if form.possible),
            now=time_text(ledger.now()),
        )

    return await asyncio.to_thread(run)


@get("/log", opt=READ)
async def log(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The state of the transparency log, and how to verify it."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        state = ledger.store.log_state()
        if state is None:
            raise NotFound("The log does not exist yet.", remedy="Try again in a moment.")
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
    """A style sheet, script or image of the pages."""
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
        today,
        rca,
        counts,
        reviews,
        review,
        system,
        release,
        explained,
        evidence,
        improvement,
        coverage,
        governance,
        objective,
        objectives,
        trends,
        risk_report_page,
        alerts,
        quarantine,
        policy,
        log,
        static,
        updates,
        *quarantine_entry.ROUTES,
        *adopting.ROUTES,
        *streams.ROUTES,
        *acting.ROUTES,
        *login.ROUTES,
        *provider_login.ROUTES,
        *cli_login.ROUTES,
        *own_reports.ROUTES,
        *access.ROUTES,
        *reads.ROUTES,
        *sessions.ROUTES,
        *controls.ROUTES,
        *roles.ROUTES,
        *risk.ROUTES,
        *persons.ROUTES,
        *retention.ROUTES,
        *approving.ROUTES,
        *acknowledging.ROUTES,
    ],
    exception_handlers=error_pages.HANDLERS,
    include_in_schema=False,
)
