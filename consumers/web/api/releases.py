"""What the gates come to for a release, as JSON, and as one line for a shell."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from consumers.container.release_key import open_release_key
from consumers.read_service.production import ProductionView, production
from consumers.read_service.releases import (
    Explanation,
    ReleaseCheck,
    check_release,
    explain,
)
from consumers.read_service.statements import signed_statement
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.log import BRIEF, OPEN, TEXT
from consumers.web.api.queries import READ, TAGS, AtLeast
from consumers.web.services import services_of
from ledger.errors import NotFound, SettingsError
from ledger.transparency.dsse import SignedEnvelope

OUTCOME = "Airledger-Outcome"
"""The answer's header with go, no_go or undecided: what a client needs that reads no JSON."""

Digest = Annotated[
    str | None,
    QueryParameter(description="The SHA-256 of the artefact that is about to be deployed."),
]
Leaf = Annotated[
    int | None, QueryParameter(description="That of the decision; absent, the newest.")
]
Rollback = Annotated[
    str | None,
    QueryParameter(description="The open incident for which one rolls back to it."),
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
    leaf: Leaf = None,
    at_least: AtLeast = None,
) -> Explanation:
    """Each requirement with evidence and measurements as they were then, by the policy of then."""
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(explain, ledger, ref, leaf)


@get(
    "/releases/{ref:str}/statement",
    opt=READ,
    tags=TAGS,
    operation_id="release_statement",
    summary="A decision on a release as a signed statement",
)
async def stated(
    request: Request[Any, Any, Any],
    ref: FromPath[str],
    leaf: Leaf = None,
    at_least: AtLeast = None,
) -> SignedEnvelope:
    """An in-toto Statement with a SLSA Verification Summary, in a DSSE envelope.

    The same decision has the same bytes. It says what was decided then; whether that still holds is
    what the check says. The key is at /v1/releases/key, and is not the log's.
    """
    ledger = await wait_for_leaf(request, at_least)
    try:
        return await asyncio.to_thread(signed_statement, ledger, ref, leaf)
    except SettingsError as error:
        raise NotFound(error.message, remedy=error.remedy) from error


@get(
    "/releases/key",
    opt=OPEN,
    tags=TAGS,
    media_type=TEXT,
    operation_id="release_key",
    summary="The key that statements are checked with",
)
async def key(request: Request[Any, Any, Any]) -> Response[bytes]:
    """An Ed25519 public key in PEM. Compare it with a copy from another channel."""
    settings = services_of(request.app.state).ledger.settings
    try:
        signer = await asyncio.to_thread(open_release_key, settings)
    except SettingsError as error:
        raise NotFound(error.message, remedy=error.remedy) from error
    return Response(signer.public_key.encode(), media_type=TEXT, headers=BRIEF)


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


ROUTES = [check, explained, stated, key, runs]
