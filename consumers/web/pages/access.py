"""The page of who has access: sources, and the tokens of persons and programs."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers.container.ledger import now
from consumers.read_service.tokens import tokens
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.vocabulary import Scope

LIST = ListSpec(path="/access", name="The list of tokens", filters={})


@get("/access", opt={"scope": Scope.ADMIN})
async def access(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every source and token with its scope, person and last use; no secret."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        params = list_params(LIST, request.query_params)
        found = tokens(store, now(), cursor=params.cursor, limit=params.limit)
        return page(
            frame_of(request), "access.html", params=params, tokens=found.items, next=found.next
        )

    return await asyncio.to_thread(run)


ROUTES = [access]
