"""The page of the browsers that are logged in, and the forms that log them out."""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from consumers.access.open_sessions import end_session, open_sessions, session_id
from consumers.access.tokens import token_digest
from consumers.container.ledger import now
from consumers.web.api.sessions import whose
from consumers.web.auth import Caller, caller_of
from consumers.web.pages.forms import Form
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.submitting import (
    FORM_BYTES,
    FormPage,
    Sent,
    Submission,
    hidden_fields,
    submit,
)
from consumers.web.services import services_of
from consumers.web.sessions import cookie_in
from ledger.errors import NotFound
from ledger.vocabulary import Scope

SHOWN = 200
"""The number of sessions on the page; the command line and the API list all."""
_PAGE = "/sessions"


@get(_PAGE, opt={"scope": Scope.READ})
async def sessions(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One's own sessions; with scope admin everybody's."""
    store = services_of(request.app.state).ledger.store
    caller = caller_of(request)

    def run() -> Response[bytes]:
        actor = whose(caller)
        found = open_sessions(store, now(), actor=actor)
        hidden = hidden_fields(request, "")
        return page(
            frame_of(request),
            "sessions.html",
            sessions=[(each, _form(each.id)._replace(hidden=hidden)) for each in found[:SHOWN]],
            total=len(found),
            everybody=actor is None,
            own=_own(request),
            ended=request.query_params.get("ended"),
        )

    return await asyncio.to_thread(run)


def _own(request: Request[Any, Any, Any]) -> str:
    """The id of the session that asks; empty where a token does."""
    cookie = cookie_in(request.scope["headers"])
    return "" if cookie is None else session_id(token_digest(cookie))


def _form(session: str) -> Form:
    return Form(
        name=f"revoke-{session}",
        title="Log out",
        help="Its next request leads to the log-in page.",
        action=f"{_PAGE}/{session}/revoke",
        scope=Scope.READ,
        inputs=(),
    )


async def _revoke(request: Request[Any, Any, Any], session: FromPath[str]) -> Response[bytes]:
    store = services_of(request.app.state).ledger.store

    def blank() -> FormPage:
        return FormPage(_form(session), (_PAGE, "Sessions"))

    def run(_: Mapping[str, str], caller: Caller) -> Sent:
        try:
            end_session(store, session, now(), actor=whose(caller))
        except NotFound:
            return Sent(_PAGE)  # a double click, or it ended meanwhile
        return Sent(_PAGE, f"ended={session}")

    return await submit(request, Submission(Scope.READ, blank, run))


revoke = post(
    f"{_PAGE}/{{session:str}}/revoke",
    opt={"scope": Scope.READ, "form": True},
    request_max_body_size=FORM_BYTES,
    name="form_session_revoke",
)(_revoke)

ROUTES = [sessions, revoke]
