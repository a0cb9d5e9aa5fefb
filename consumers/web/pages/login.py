"""Log-in: a token starts a session, whose cookie authorises pages and queries until log-out.

The log-in link has its token in the URL's fragment, which no server and no log receives; a script
submits it with the form. The cookie is SameSite=Strict and HttpOnly.
"""

from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.status_codes import HTTP_303_SEE_OTHER

from consumers.access.open_sessions import BY_LINK
from consumers.web.auth import caller_with_token, may_enter, require_own_page
from consumers.web.pages.rendering import (
    HEADERS,
    Frame,
    bare_frame_of,
    base_of,
    page,
    prefix_of,
)
from consumers.web.services import services_of
from consumers.web.sessions import COOKIE, cookie_in

OPEN = {"open": True}
REGISTER = "/"
FORM_BYTES = 4 * 1024
"""An anonymous form is parsed on the event loop: it holds a token and a path only. 413."""
REFUSED = (
    "Invalid token: it is unknown or revoked, may neither read nor report, or is that of a log-in "
    "link that was used before."
)
ENDED = "You are no longer logged in: the session is over, or its token was revoked."


@get("/login", opt=OPEN)
async def login_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form; a script submits a token from the URL's fragment."""
    return login_page(bare_frame_of(request), next_path=request.query_params.get("next"))


@post("/login", opt=OPEN, request_max_body_size=FORM_BYTES)
async def log_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Checks that the token may read or report, and starts a session."""
    require_own_page(request)
    form = parse_qs((await request.body()).decode("ascii", "replace"), keep_blank_values=True)
    token, next_path = _field(form, "token").strip(), _field(form, "next")
    services = services_of(request.app.state)
    if services.link is not None and services.link.redeem(token):
        opened = BY_LINK
    else:
        caller = await caller_with_token(services, token)
        if caller is None or not may_enter(caller):
            frame = bare_frame_of(request)
            return login_page(frame, status=401, next_path=next_path, refused=REFUSED)
        opened = caller.key
    cookie = await services.sessions.begin(opened)
    return _go_to(request, safe_path(next_path), _cookie(request, cookie))


@post("/logout", opt=OPEN, request_max_body_size=FORM_BYTES)
async def log_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Ends the session."""
    require_own_page(request)
    if (cookie := cookie_in(request.scope["headers"])) is not None:
        await services_of(request.app.state).sessions.end(cookie)
    return _go_to(request, "/login", _cookie(request, "", max_age=0))


def login_page(
    frame: Frame, *, status: int = 200, next_path: str | None = None, refused: str = ""
) -> Response[bytes]:
    """The form. It redirects to `next_path` if that is a path on this server."""
    return page(frame, "login.html", status=status, next=safe_path(next_path), refused=refused)


def login_needed(request: Request[Any, Any, Any], headers: dict[str, str]) -> Response[bytes]:
    """The response of a page without a valid token: 401 and the form.

    A browser that follows a link from another site omits a SameSite=Strict cookie: the Refresh
    header makes it repeat the request from this site, with the cookie if it has one.
    """
    frame = bare_frame_of(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    refused = ENDED if cookie_in(request.scope["headers"]) is not None else ""
    if not refused and request.headers.get("sec-fetch-site") == "cross-site":
        headers = {**headers, "Refresh": "0"}
    response = login_page(frame, status=401, next_path=here, refused=refused)
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


def _cookie(request: Request[Any, Any, Any], token: str, *, max_age: int | None = None) -> Cookie:
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
