"""Log-in of the command line, over HTTP: how it can, the exchange of its code, and its end."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.status_codes import HTTP_200_OK

from consumers.access.cli_codes import redeemed, used_up
from consumers.container.ledger import now
from consumers.web.api.commands import decode_body
from consumers.web.api.schemas import with_body
from consumers.web.auth import bearer_in
from consumers.web.bodies import utf8_body
from consumers.web.services import services_of
from ledger.domain.text import unmarked
from ledger.errors import Conflict
from ledger.policy.times import time_text
from ledger.vocabulary import Scope

OPEN = {"open": True}
TAGS = ["sessions"]
CODE_BYTES = 4 * 1024
"""An anonymous body that is parsed on the event loop: it holds a code and a verifier. 413."""


class LoginOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How people log in here; `provider` is the title of the provider, null without one."""

    provider: str | None


class CommandLineCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that a person's browser brought to the command line, and the verifier of it."""

    code: str
    verifier: str


class CommandLineSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a command line: its bearer token, shown this once, whose, and until when."""

    token: str
    name: str
    scopes: tuple[Scope, ...]
    ends_at: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"CommandLineSession(name={self.name!r})"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was a session to end."""

    ended: bool


@get("/login", opt=OPEN, tags=TAGS, summary="How people log in")
async def login_options(request: Request[Any, Any, Any]) -> LoginOptions:
    """Whether people log in at a provider here."""
    oidc = services_of(request.app.state).ledger.settings.oidc
    return LoginOptions(provider=oidc.title if oidc.is_set else None)


@post(
    "/login/code",
    opt=OPEN,
    tags=TAGS,
    status_code=HTTP_200_OK,
    request_max_body_size=CODE_BYTES,
    operation_class=with_body(CommandLineCode),
    summary="Exchange the code of a command line",
)
async def exchange_code(
    request: Request[Any, Any, Any],
) -> CommandLineSession:
    """A session of its own for the command line that a person allowed in the browser."""
    services = services_of(request.app.state)
    store = services.ledger.store
    data = decode_body(CommandLineCode, await utf8_body(request), "code")
    grant, taken = await asyncio.to_thread(redeemed, store, data.code, data.verifier, now())
    try:
        token = await services.sessions.begin_granted(grant, taken)
    except Conflict as error:
        raise used_up() from error
    person = await asyncio.to_thread(store.access.person, grant.person)
    return CommandLineSession(
        token=token,
        name=grant.person if person is None else unmarked(person.name),
        scopes=grant.scopes,
        ends_at=time_text(grant.ends_at),
    )


@post(
    "/logout",
    opt=OPEN,
    tags=TAGS,
    status_code=HTTP_200_OK,
    request_max_body_size=CODE_BYTES,
    summary="End the session of a command line",
)
async def end_own_session(request: Request[Any, Any, Any]) -> Ended:
    """Ends the session whose bearer token the request has; other tokens stay valid."""
    sessions, token = services_of(request.app.state).sessions, bearer_in(request)
    if token is None or await sessions.opened_by(token, command_line=True) is None:
        return Ended(ended=False)
    await sessions.end(token)
    return Ended(ended=True)


ROUTES = [login_options, exchange_code, end_own_session]
