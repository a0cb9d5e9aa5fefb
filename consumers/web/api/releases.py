"""What the gates come to for a release, as JSON, and as one line for a shell."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from consumers.read_service.production import ProductionView, production
from consumers.read_service.releases import (
    Explanation,
    ReleaseCheck,
    check_release,
    explain,
)
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.queries import READ, TAGS, AtLeast

OUTCOME = "Airledger-Outcome"
"""The answer's header with go, no_go or undecided: what a client needs that reads no JSON."""

Digest = Annotated[
    str | None,
    QueryParameter(description="The SHA-256 of the artefact that is about to be deployed."),
]
Rollback = Annotated[
    str | None,
    QueryParameter(description="The open incident for which it is gone back to."),
]


@get(
    "/releases/{ref:str}/check",
    opt=READ,
    tags=TAGS,
    operation_id="release_check",
    summary="Whether a release may be deployed",
)
async def check(
    request: Request[Any, Any, Any],
    ref: FromPath[str],
    digest: Digest = None,
    rollback: Rollback = None,
    at_least: AtLeast = None,
) -> Response[ReleaseCheck]:
    """Go, no-go or undecided, by the policy in force, and each requirement with its basis.

    The outcome is in the header Airledger-Outcome as well. A release is named by SYSTEM@VERSION,
    or SYSTEM@VERSION@ENVIRONMENT.
    """
    ledger = await wait_for_leaf(request, at_least)
    found = await asyncio.to_thread(check_release, ledger, ref, digest=digest, rollback=rollback)
    return Response(found, headers={OUTCOME: found.outcome.value})


@get(
    "/releases/{ref:str}/explain",
    opt=READ,
    tags=TAGS,
    operation_id="release_explain",
    summary="A decision on a release as it was made",
)
async def explained(
    request: Request[Any, Any, Any],
    ref: FromPath[str],
    leaf: Annotated[
        int | None, QueryParameter(description="That of the decision; absent, the newest.")
    ] = None,
    at_least: AtLeast = None,
) -> Explanation:
    """Each requirement with evidence and measurements as they were then, by the policy of then."""
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(explain, ledger, ref, leaf)


@get(
    "/systems/{ref:str}/production",
    opt=READ,
    tags=TAGS,
    operation_id="system_production",
    summary="What of a system runs",
)
async def runs(
    request: Request[Any, Any, Any],
    ref: FromPath[str],
    environment: Annotated[
        str, QueryParameter(description="The environment; absent, production.")
    ] = "production",
    at_least: AtLeast = None,
) -> ProductionView:
    """What runs and since when, and the last known good release."""
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(production, ledger, ref, environment)


ROUTES = [check, explained, runs]
