"""Coverage of standards, and the controls of systems."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromPath, QueryParameter

from consumers.read_service.controls import (
    StandardCoverage,
    SystemControls,
    standard_coverage,
    system_controls,
)
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.queries import READ, TAGS, AtLeast

OfSystem = Annotated[
    str | None,
    QueryParameter(description="Only for this system of its scope: name or SYS-<n>."),
]


@get(
    "/standards/{ref:str}/coverage",
    opt=READ,
    tags=TAGS,
    operation_id="standard_coverage",
    summary="How far a standard is covered by controls",
)
async def coverage(
    request: Request[Any, Any, Any],
    ref: FromPath[str],
    system: OfSystem = None,
    at_least: AtLeast = None,
) -> StandardCoverage:
    """Each clause with its controls by the policy in force, and where each stands now.

    `ref` is the standard's id, such as `eu_ai_act`, or STD-<n>. A clause without a control is a
    gap.
    """
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(standard_coverage, ledger, ref, system)


@get(
    "/systems/{ref:str}/controls",
    opt=READ,
    tags=TAGS,
    operation_id="system_controls",
    summary="The controls of a system",
)
async def of_system(
    request: Request[Any, Any, Any], ref: FromPath[str], at_least: AtLeast = None
) -> SystemControls:
    """Its controls by the policy in force, and the organisation's, and where each stands now."""
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(system_controls, ledger, ref)


ROUTES = [coverage, of_system]
