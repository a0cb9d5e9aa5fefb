"""A person allows a command line to act: a page that asks, and the way back to the command.

The command listens on a port of 127.0.0.1, the only place that a code is ever sent to.
"""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.status_codes import HTTP_303_SEE_OTHER

from consumers.access.cli_codes import CHALLENGE, comparison, new_code
from consumers.container.ledger import now
from consumers.web.auth import Caller, require_own_page, unauthorized
from consumers.web.pages.rendering import (
    CONTENT_SECURITY_POLICY,
    HEADERS,
    bare_frame_of,
    page,
)
from consumers.web.pages.submitting import caller_in, hidden_fields, require_token, typed_in
from consumers.web.services import services_of
from ledger.domain.access.deciding import scopes_text
from ledger.errors import Invalid
from ledger.store.side_records import SessionGrant
from ledger.vocabulary import Scope

PATH = "/login/cli"
SELF_CHECKED = {"form": True}
"""Whoever is logged in may ask, whatever the scope; the routes check it."""
FORM_BYTES = 4 * 1024
"""The form has a port, a challenge, a state, and what every form has. 413."""
LOWEST_PORT, HIGHEST_PORT = 1_024, 65_535
_STATE = re.compile(r"[A-Za-z0-9_-]{16,128}")


class Asked(msgspec.Struct, frozen=True):
    """What a command asks: the code is sent to this port of 127.0.0.1, with this state."""

    port: int
    challenge: str
    state: str


@get(PATH, opt=SELF_CHECKED)
async def ask(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Asks whether the command line of this computer may act as whoever is logged in."""
    caller = _person(request)
    asked = _asked(request.query_params)
    # A browser follows the redirection of a form only to where the page's policy lets it.
    policy = CONTENT_SECURITY_POLICY.replace(
        "form-action 'self'", f"form-action 'self' http://127.0.0.1:{asked.port}"
    )
    return page(
        bare_frame_of(request),
        "login_cli.html",
        headers={"Content-Security-Policy": policy},
        asked=asked,
        caller=caller,
        scopes=scopes_text(caller.scopes),
        comparison=comparison(asked.challenge),
        hidden=hidden_fields(request, ""),
    )


@post(PATH, opt=SELF_CHECKED, request_max_body_size=FORM_BYTES)
async def allow(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sends the browser to the command, with a code that only that command can use."""
    typed = await typed_in(request)
    require_own_page(request)
    caller = _person(request)
    asked = _asked(typed)
    require_token(request, typed)
    grant = SessionGrant(
        person=caller.actor,
        by=caller.by,
        scopes=tuple(each for each in Scope if each in caller.scopes),
        ends_at=caller.ends_at or now(),
    )
    code, kept = new_code(asked.challenge, grant, now())
    await asyncio.to_thread(services_of(request.app.state).ledger.store.append, [], [kept])
    query = urlencode({"code": code, "state": asked.state})
    return Response(
        b"",
        status_code=HTTP_303_SEE_OTHER,
        headers={**HEADERS, "Location": f"http://127.0.0.1:{asked.port}/?{query}"},
    )


def _asked(given: Any) -> Asked:
    port = given.get("port", "")
    challenge, state = given.get("challenge", ""), given.get("state", "")
    if not (
        port.isascii()
        and port.isdigit()
        and len(port) <= len(str(HIGHEST_PORT))
        and LOWEST_PORT <= int(port) <= HIGHEST_PORT
        and CHALLENGE.fullmatch(challenge)
        and _STATE.fullmatch(state)
    ):
        raise Invalid(
            "This address is not one that airledger login opens.",
            errors=[("port, challenge, state", "expected what airledger login makes")],
            remedy="Run airledger login, and open the address that it prints, as it is.",
        )
    return Asked(int(port), challenge, state)


def _person(request: Request[Any, Any, Any]) -> Caller:
    """The person of this browser. Raises HTTPException: 401 without a session, 403 for a token."""
    caller = caller_in(request)
    if caller is None:
        raise unauthorized("Log in to allow the command line.")
    if not caller.by.is_person:
        raise PermissionDeniedException(
            f"This browser is logged in with {caller.by.label}, which is no person. Log out, log "
            "in at the provider, and open the address again; or give the token to airledger login."
        )
    return caller


ROUTES = [ask, allow]
