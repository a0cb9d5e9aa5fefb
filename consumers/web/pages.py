"""Read-only pages for people, rendered on the server."""

import asyncio
from pathlib import Path
from typing import Any

from litestar import Request, Response, get, post
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.params import FromPath
from litestar.template.config import TemplateConfig

from consumers.access import TOKEN
from consumers.web.auth import COOKIE
from consumers.web.queries import one_incident, timeline_of, views_of
from consumers.web.services import services_of
from ledger.vocabulary import Scope
from projections import queries
from projections.queries import Filters

HERE = Path(__file__).parent
READ = {"scope": Scope.READ}
OPEN = {"open": True}
TEMPLATES = TemplateConfig(directory=HERE / "templates", engine=JinjaTemplateEngine)


@get("/", opt=READ, summary="The register, for people")
async def register(request: Request[Any, Any, Any], cursor: str | None = None) -> Template:
    """A page of the register."""
    ledger = services_of(request.app.state).ledger

    def run() -> dict[str, Any]:
        page = queries.incidents(ledger.views, Filters(), cursor=cursor, limit=100)
        return {"incidents": views_of(ledger, page.rows), "next": page.next}

    return Template("register.html", context=await asyncio.to_thread(run))


@get("/incidents/{ref:str}", opt=READ, summary="An incident, for people")
async def incident(request: Request[Any, Any, Any], ref: FromPath[str]) -> Template:
    """An incident with its timeline."""
    ledger = services_of(request.app.state).ledger

    def run() -> dict[str, Any]:
        return {"incident": one_incident(ledger, ref), "timeline": timeline_of(ledger, ref)}

    return Template("incident.html", context=await asyncio.to_thread(run))


ROUTES = [register, incident]
