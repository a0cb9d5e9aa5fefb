"""Browsers that are logged in, over HTTP: their list, and the end of a session."""

import asyncio
from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK

from consumers.access.open_sessions import SessionView, end_session
from consumers.container.ledger import now
from consumers.read_service.items import Items
from consumers.read_service.sessions import session_page
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import Limit
from consumers.web.auth import Caller, caller_of, has_scope
from consumers.web.services import services_of
from ledger.vocabulary import Scope
from projections.queries.paging import MAX_LIMIT

OWN = {"scope": Scope.READ}
TAGS = ["sessions"]


def whose(caller: Caller) -> str | None:
    """Whose sessions a caller sees and ends: an actor's own, with scope admin all (None)."""
    return None if has_scope(caller, Scope.ADMIN) else caller.actor


@get("/sessions", opt=OWN, tags=TAGS, summary="Browsers that are logged in")
async def sessions(
    request: Request[Any, Any, Any],
    cursor: FromQuery[str | None] = None,
    limit: Limit = MAX_LIMIT,
) -> Items[SessionView]:
    """The open sessions, the last begun first; with scope admin everybody's, else one's own."""
    require_own(request, "the list of sessions")
    store = services_of(request.app.state).ledger.store
    actor = whose(caller_of(request))
    return await asyncio.to_thread(
        session_page, store, now(), actor=actor, cursor=cursor, limit=limit
    )


@post(
    "/sessions/{session:str}/revoke",
    opt=OWN,
    tags=TAGS,
    status_code=HTTP_200_OK,
    summary="Log a browser out",
)
async def revoke_session(request: Request[Any, Any, Any], session: FromPath[str]) -> SessionView:
    """Ends an open session: one's own, or with scope admin anybody's."""
    store = services_of(request.app.state).ledger.store
    actor = whose(caller_of(request))
    return await asyncio.to_thread(end_session, store, session, now(), actor=actor)


ROUTES = [sessions, revoke_session]
