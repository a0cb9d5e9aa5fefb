"""Log-in at the provider: to its page, and back with a code that stands for a person.

A log-in under way is one row of the store, found by the digest of a cookie of its own and deleted
when the browser comes back. That cookie is SameSite=Lax, for the way back comes from another site;
the session's is Strict, so a page of this site continues.
"""

import asyncio
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.status_codes import HTTP_303_SEE_OTHER

from consumers.access.identities import identified_person
from consumers.access.provider_roles import record_provider_roles
from consumers.access.single_use import kept_secret, waiting_secret
from consumers.container.ledger import now
from consumers.oidc.log_in_secrets import Secrets, new_secrets
from consumers.web.pages.login import OPEN, safe_path, session_cookie
from consumers.web.pages.rendering import HEADERS, bare_frame_of, base_of, page, prefix_of
from consumers.web.services import WebServices, services_of
from consumers.web.sessions import cookie_in
from ledger.errors import Conflict, LedgerError, Refused
from ledger.settings.oidc import LOOPBACK
from ledger.store.side_records import SessionGrant
from ledger.vocabulary import ActsBy

if TYPE_CHECKING:
    from consumers.oidc.client import Provider
    from consumers.oidc.mapping import LoggedIn

log = structlog.get_logger(__name__)

COOKIE = "airledger_login"
PATH = "/login"
CALLBACK = "/login/callback"
LASTS = timedelta(minutes=10)
"""A log-in at the provider that takes longer begins anew."""
SESSION = timedelta(hours=24)
"""A person's session ends so long after the log-in: its groups are those of then."""
CODE_CHARACTERS = 4_096
"""A code of the provider that is longer is refused."""
_WAITING = "login"
_STATUS = {
    "log_in_not_begun_here": 400,
    "log_in_code": 400,
    "log_in_other_provider": 400,
    "log_in_denied": 403,
    "log_in_no_group": 403,
    "log_in_too_many_groups": 403,
}
"""The status of a refused log-in by its rule; 401 for others."""
_ERRORS = frozenset({"access_denied", "login_required", "interaction_required", "server_error"})


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A log-in that is under way at the provider. `next` is the path that it leads to."""

    own: Secrets
    redirect_uri: str
    next: str


@get("/login/provider", opt=OPEN)
async def to_provider(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sends the browser to the provider, and keeps what has to come back."""
    provider = _provider(request)
    next_path = safe_path(request.query_params.get("next"))
    try:
        waiting = Waiting(own=new_secrets(), redirect_uri=_redirect_uri(request), next=next_path)
        url = await provider.log_in_url(waiting.own, waiting.redirect_uri)
        cookie = secrets.token_urlsafe()
        kept = kept_secret(cookie, _WAITING, waiting, now(), LASTS)
        store = services_of(request.app.state).ledger.store
        await asyncio.to_thread(store.append, [], [kept])
    except LedgerError as error:
        return _refused(request, error, next_path)
    return Response(
        b"",
        status_code=HTTP_303_SEE_OTHER,
        headers={**HEADERS, "Location": url},
        cookies=[_own_cookie(request, cookie, LASTS)],
    )


@get(CALLBACK, opt=OPEN)
async def from_provider(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Begins a session for the person whom the provider identified."""
    provider, services = _provider(request), services_of(request.app.state)
    next_path = "/"
    try:
        waiting = await asyncio.to_thread(_taken, request, services)
        next_path = waiting.next
        said = await _answer_of(request, provider, waiting)
        grant = await asyncio.to_thread(_grant, services, said)
        cookie = await services.sessions.begin_granted(grant)
        if (before := cookie_in(request.scope["headers"])) is not None:
            await services.sessions.end(before)
    except LedgerError as error:
        return _refused(request, error, next_path)
    log.info("logged_in", by=grant.by, person=grant.person)
    response = page(
        bare_frame_of(request),
        "continue.html",
        next=next_path,
        headers={"Refresh": f"0; url={prefix_of(request)}{next_path}"},
    )
    response.cookies += [session_cookie(request, cookie), _own_cookie(request, "", timedelta(0))]
    return response


async def _answer_of(
    request: Request[Any, Any, Any], provider: "Provider", waiting: Waiting
) -> "LoggedIn":
    """Whom the provider's answer identifies. Raises Refused, Unavailable."""
    query = request.query_params
    await provider.require_issuer(query.get("iss"))
    if (error := query.get("error")) is not None:
        shown = error if error in _ERRORS else "an error"
        raise Refused(
            "log_in_denied",
            f"The provider did not log you in: it answered with {shown}.",
            remedy="Log in again, or ask whoever administers the provider.",
        )
    code = query.get("code", "")
    if not 0 < len(code) <= CODE_CHARACTERS:
        raise Refused(
            "log_in_code",
            "The provider's answer has no code, or too long a one.",
            remedy="Log in again.",
        )
    return await provider.redeem(code, waiting.own, waiting.redirect_uri)


def _taken(request: Request[Any, Any, Any], services: WebServices) -> Waiting:
    """The log-in that this browser began; it is used up. Raises Refused. Blocking."""
    cookie = cookie_in(request.scope["headers"], COOKIE) or ""
    state = request.query_params.get("state", "")
    store = services.ledger.store
    found = waiting_secret(store, cookie, _WAITING, Waiting, now())
    if found is None or not hmac.compare_digest(state.encode(), found[0].own.state.encode()):
        raise _not_begun_here()
    waiting, taken = found
    try:
        store.append([], [taken])
    except Conflict as error:
        raise _not_begun_here() from error
    return waiting


def _not_begun_here() -> Refused:
    return Refused(
        "log_in_not_begun_here",
        "This browser began no log-in here within the last 10 minutes that the provider's answer "
        "belongs to; or the answer was used before.",
        remedy="Log in again, in one tab of a browser that accepts cookies.",
    )


def _grant(services: WebServices, said: "LoggedIn") -> SessionGrant:
    """What the session of this log-in may do, and as whom. Blocking."""
    ledger = services.ledger
    issuer = ledger.settings.oidc.issuer or ""
    person = identified_person(ledger.store, issuer, said.subject, said.name)
    context = ledger.services.context(person.id)
    record_provider_roles(ledger.executor, context, person.id, said.roles)
    return SessionGrant(
        person=person.id, by=ActsBy.PROVIDER, scopes=said.scopes, ends_at=now() + SESSION
    )


def _redirect_uri(request: Request[Any, Any, Any]) -> str:
    """Where the provider sends the browser back: this server's own address, never a stranger's."""
    base = base_of(request)
    public = services_of(request.app.state).ledger.settings.http.public_url
    if public is None and urlsplit(base).hostname not in LOOPBACK:
        raise Refused(
            "log_in_address",
            "Without http.public_url people log in at the provider on the ledger's host alone.",
            remedy="Set http.public_url to this server's address, such as https://ledger.example.",
        )
    return f"{base}{CALLBACK}"


def _provider(request: Request[Any, Any, Any]) -> "Provider":
    provider = services_of(request.app.state).provider
    if provider is None:
        raise NotFoundException("There is no log-in at a provider here: oidc.issuer is not set.")
    return provider


def _refused(
    request: Request[Any, Any, Any], error: LedgerError, next_path: str
) -> Response[bytes]:
    """The page of a log-in that came to nothing, with a way to begin anew."""
    if isinstance(error, Refused):
        status = _STATUS.get(error.rule, 401)
        log.info("log_in_refused", rule=error.rule, status=status)
    else:
        status = 503
        log.warning("log_in_not_possible", reason=error.message)
    response = page(
        bare_frame_of(request), "login_refused.html", status=status, error=error, next=next_path
    )
    response.cookies.append(_own_cookie(request, "", timedelta(0)))
    return response


def _own_cookie(request: Request[Any, Any, Any], value: str, lasts: timedelta) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=int(lasts.total_seconds()),
        path=f"{prefix_of(request)}{PATH}",
        httponly=True,
        samesite="lax",
        secure=base_of(request).startswith("https:"),
    )


ROUTES = [to_provider, from_provider]
