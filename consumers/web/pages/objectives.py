"""The page of objectives: how each stands for each system."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.commands.references import in_path, stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.objective_series import objective_series
from consumers.read_service.objectives import objectives as objectives_now
from consumers.read_service.quarters import quarters
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from consumers.web.reader import read_ledger
from ledger.domain.system import SYSTEM
from ledger.errors import NotFound
from ledger.vocabulary import Scope

OBJECTIVES = ListSpec(path="/objectives", name="The objectives", filters={"system": None})


@get("/objectives/{name:str}", opt={"scope": Scope.READ})
async def objective(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """One objective of a system in a segment: a chart of what was measured, and its table."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        given = request.query_params
        found = objective_series(
            ledger, name, system=given.get("system", ""), segment=given.get("segment", "")
        )
        return page(
            frame_of(request),
            "objective.html",
            series=found,
            page_of_system=_page_of(ledger, found.standing.system),
            policy=POLICY_PAGE,
        )

    return await asyncio.to_thread(run)


def _page_of(ledger: Ledger, system: str) -> str | None:
    """The path of a system's page; None for one that nobody registered. Blocking."""
    try:
        stream_named(ledger.store, SYSTEM, system)
    except NotFound:
        return None
    return f"/{SYSTEM.plural}/{in_path(SYSTEM, system)}"


@get("/objectives", opt={"scope": Scope.READ})
async def objectives(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How each objective stands for each system, with what is left of its error budget."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = list_params(OBJECTIVES, request.query_params)
        found = objectives_now(ledger, system=params.filters["system"])
        systems = sorted({each.system for each in found})
        return page(
            frame_of(request),
            "objectives.html",
            params=params,
            fields=[params.field("system", systems, complete=False)],
            objectives=found,
            quarters=quarters(ledger),
            policy=POLICY_PAGE,
        )

    return await asyncio.to_thread(run)
