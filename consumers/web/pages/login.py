"""Log-in: a token starts a session, whose cookie authorises pages and queries until log-out.

A log-in link has its token in the URL's fragment, which no server and no log receives; a script
submits it with the form. The cookie is SameSite=Strict and HttpOnly. See `provider_login` for
log-in at a provider.
"""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.status_codes import HTTP_303_SEE_OTHER

from consumers.access.login_links import LINK, LinkedPerson
from consumers.access.open_sessions import BY_LINK
from consumers.access.people import AIRLEDGER
from consumers.access.single_use import waiting_secret
from consumers.container.ledger import now
from consumers.web.auth import caller_with_token, may_enter, require_own_page
from consumers.web.pages.rendering import (
    HEADERS,
    bare_frame_of,
    base_of,
    page,
    prefix_of,
)
from consumers.web.services import WebServices, services_of
from consumers.web.sessions import COOKIE, Granted, cookie_in
from ledger.errors import Conflict
from ledger.store.side_records import SessionGrant
from ledger.vocabulary import ActsBy

OPEN = {"open": True}
REGISTER = "/"
FORM_BYTES = 4 * 1024
"""An anonymous form is parsed on the event loop: it holds a token and a path only. 413."""
REFUSED = (
    "Invalid token: it is unknown or revoked, may neither read nor report, or is that of a log-in "
    "link that was used before."
)
LINK_SESSION = timedelta(hours=24)
"""The session of a one-time link ends so long after it was used."""
BY_PROVIDER = "provider"
ENDED = "You are no longer logged in: the session is over, or its token was revoked."


@get("/login", opt=OPEN)
async def login_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form; a script submits a token from the URL's fragment."""
    return login_page(
        request,
        next_path=request.query_params.get("next"),
        out=request.query_params.get("out") == BY_PROVIDER,
    )


@post("/login", opt=OPEN, request_max_body_size=FORM_BYTES)
async def log_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Checks that the token may read or report, and starts a session."""
    require_own_page(request)
    form = parse_qs((await request.body()).decode("ascii", "replace"), keep_blank_values=True)
    token, next_path = _field(form, "token").strip(), _field(form, "next")
    services = services_of(request.app.state)
    if services.link is not None and services.link.redeem(token):
        cookie = await services.sessions.begin(BY_LINK, AIRLEDGER)
    elif (linked := await _by_link(services, token)) is not None:
        cookie = linked
    else:
        caller = await caller_with_token(services, token)
        if caller is None or caller.by is not ActsBy.TOKEN or not may_enter(caller):
            return login_page(request, status=401, next_path=next_path, refused=REFUSED)
        cookie = await services.sessions.begin(caller.key, caller.actor)
    return _go_to(request, safe_path(next_path), session_cookie(request, cookie))


async def _by_link(services: WebServices, secret: str) -> str | None:
    """The cookie of the session that a one-time link begins; None for what is no such link."""
    store, at = services.ledger.store, now()
    found = await asyncio.to_thread(waiting_secret, store, secret, LINK, LinkedPerson, at)
    if found is None:
        return None
    of, taken = found
    grant = SessionGrant(
        person=of.person, by=ActsBy.LINK, scopes=of.scopes, ends_at=at + LINK_SESSION
    )
    try:
        return await services.sessions.begin_granted(grant, taken)
    except Conflict:
        return None  # another request was first


@post("/logout", opt=OPEN, request_max_body_size=FORM_BYTES)
async def log_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Ends the session."""
    require_own_page(request)
    sessions, path = services_of(request.app.state).sessions, "/login"
    if (cookie := cookie_in(request.scope["headers"])) is not None:
        opened = await sessions.opened_by(cookie)
        if isinstance(opened, Granted) and opened.grant.by is ActsBy.PROVIDER:
            path = f"/login?out={BY_PROVIDER}"
        await sessions.end(cookie)
    return _go_to(request, path, session_cookie(request, "", max_age=0))


def login_page(
    request: Request[Any, Any, Any],
    *,
    status: int = 200,
    next_path: str | None = None,
    refused: str = "",
    out: bool = False,
) -> Response[bytes]:
    """The form. It redirects to `next_path` if that is a path on this server.

    With `out`, it offers to log out at the provider as well, where that has a page for it.
    """
    services = services_of(request.app.state)
    provider = services.provider
    return page(
        bare_frame_of(request),
        "login.html",
        status=status,
        next=safe_path(next_path),
        refused=refused,
        provider=None if provider is None else services.ledger.settings.oidc.title,
        log_out_url=provider.log_out_url() if provider is not None and out else None,
    )


def login_needed(request: Request[Any, Any, Any], headers: dict[str, str]) -> Response[bytes]:
    """The response of a page without a valid token: 401 and the form.

    A browser that follows a link from another site omits a SameSite=Strict cookie: the Refresh
    header makes it repeat the request from this site, with the cookie if it has one.
    """
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    refused = ENDED if cookie_in(request.scope["headers"]) is not None else ""
    if not refused and request.headers.get("sec-fetch-site") == "cross-site":
        headers = {**headers, "Refresh": "0"}
    response = login_page(request, status=401, next_path=here, refused=refused)
    response.headers.update(headers)
    return response


def safe_path(path: str | None) -> str:
    """The path if it is one on this server, else the register's."""
    if not path or not path.isascii() or not path.isprintable() or "\\" in path:
        return REGISTER
    return path if path.startswith("/") and not path.startswith("//") else REGISTER


def _go_to(request: Request[Any, Any, Any], path: str, cookie: Cookie) -> Response[bytes]:
    return Response(
        b"",
        status_code=HTTP_303_SEE_OTHER,
        headers={**HEADERS, "Location": f"{prefix_of(request)}{path}"},
        cookies=[cookie],
    )


def session_cookie(
    request: Request[Any, Any, Any], token: str, *, max_age: int | None = None
) -> Cookie:
    """The cookie of a session; with `max_age` 0 the browser drops it."""
    return Cookie(
        key=COOKIE,
        value=token,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="strict",
        secure=base_of(request).startswith("https:"),
    )


def _field(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


ROUTES = [login_form, log_in, log_out]
