"""Tokens and sources over HTTP: their list, without any secret."""

import asyncio
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery

from consumers.container.ledger import now
from consumers.read_service.items import Items
from consumers.read_service.tokens import TokenState
from consumers.read_service.tokens import tokens as list_of_tokens
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import Limit
from consumers.web.services import services_of
from ledger.domain.access import HolderKind
from ledger.vocabulary import Scope
from projections.queries.paging import MAX_LIMIT


@get("/tokens", opt={"scope": Scope.ADMIN}, tags=["tokens"], summary="Tokens and sources")
async def tokens(
    request: Request[Any, Any, Any],
    holder: FromQuery[HolderKind | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = MAX_LIMIT,
) -> Items[TokenState]:
    """Sources, then tokens of persons and programs, revoked ones included, the oldest first."""
    require_own(request, "the list of tokens")
    store = services_of(request.app.state).ledger.store
    return await asyncio.to_thread(
        list_of_tokens, store, now(), holder=holder, cursor=cursor, limit=limit
    )


ROUTES = [tokens]
