"""Authentication: a token as Bearer, as Basic password or as the last path segment of an intake
route; or a browser's session, for pages and queries only.

Every route declares its requirement in `opt`: `open`, `scope` (or several, of which one is
enough), `intake` (a source's kind), `in_body` if the route itself checks a token in the body, or
`signed` if it checks a signature. A route without one requires admin. A session opens routes that
read, and those with `form`, which accept a form of this server's own pages (`require_own_page`) and
check its sender themselves.
"""

import base64
import binascii
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from consumers.access.open_sessions import BY_LINK, VISITOR_NAME, VISITOR_SCOPE
from consumers.access.people import AIRLEDGER
from consumers.commands.service import Caller as Commander
from consumers.web.services import WebServices, services_of
from consumers.web.sessions import Granted, cookie_in
from ledger.domain.access import HolderKind
from ledger.domain.access.deciding import Asker, permits, scopes_text
from ledger.store.side_records import Signing, TokenRow
from ledger.vocabulary import ActsBy, Scope, SourceKind


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of a request. `key` is the digest of the token or the session, not its secret.

    `by` tells what it came with; a session that a token began counts as that token. `ends_at` is
    when the grant of a session without a token ends. `name` is for people; `sender` is what its
    commands come from: its idempotency keys are its own.
    """

    key: str
    name: str
    actor: str
    scopes: frozenset[Scope]
    kind: HolderKind
    sender: str
    by: ActsBy = ActsBy.TOKEN
    source_kind: SourceKind | None = None
    signing: Signing | None = None
    ends_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        """The widest of the scopes."""
        return [each for each in Scope if each in self.scopes][-1]


VISITOR = Caller(
    key=VISITOR_NAME,
    name=VISITOR_NAME,
    actor=AIRLEDGER,
    scopes=frozenset({VISITOR_SCOPE}),
    kind=HolderKind.TOKEN,
    sender=f"{HolderKind.TOKEN}/{VISITOR_NAME}",
)


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Authorises a request, or refuses it: 401 unauthenticated, 403 forbidden."""
    if connection.scope.get("method") == "OPTIONS":
        return  # which methods a path has is no secret
    needs = handler.opt
    services = services_of(connection.app.state)
    public = needs.get("open", False)
    if public is True or (callable(public) and public(services)):
        return
    if needs.get("in_body", False) or needs.get("signed", False):
        return
    by_form = bool(needs.get("form"))
    reads = connection.scope.get("method") == "GET"
    caller = await _caller(connection, services, cookies=reads or by_form)
    if by_form:  # what was typed must not be lost: the route itself refuses, and shows it again
        connection.scope["state"]["caller"] = caller
        return
    if caller is None:
        raise unauthorized("A valid token is required.")
    if (kind := needs.get("intake")) is not None:
        require_source(caller, kind)
    else:
        _require_scope(caller, needs.get("scope", Scope.ADMIN))
    connection.scope["state"]["caller"] = caller


def require_own_page(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuses a form that a page of another site sent. Programs do not say, and may.

    A browser says so in Sec-Fetch-Site, or in Origin where the address is not HTTPS.
    """
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is not None:
        own = site in {"same-origin", "none"}
    else:
        own = origin is None or origin.lower().partition("://")[2] in _own_hosts(connection)
    if not own:
        raise PermissionDeniedException(
            "This form was sent by a page of another site. Open this server's own page; behind a "
            "proxy that changes the Host header, set http.public_url."
        )


def _own_hosts(connection: ASGIConnection[Any, Any, Any, Any]) -> set[str]:
    public_url = services_of(connection.app.state).ledger.settings.http.public_url
    named = {connection.headers.get("host", ""), urlsplit(public_url or "").netloc}
    return {host.lower() for host in named} - {""}


def unauthorized(detail: str) -> HTTPException:
    """The 401 response for a missing or invalid token or signature."""
    return HTTPException(
        status_code=401, detail=detail, headers={"WWW-Authenticate": 'Bearer realm="airledger"'}
    )


def require_source(caller: Caller, kind: SourceKind) -> None:
    """Raises 403 for a caller that is not a source of that kind."""
    if caller.kind is not HolderKind.SOURCE or caller.source_kind is not kind:
        raise HTTPException(
            status_code=403,
            detail=f"This route requires the token of a source of kind {kind}; the token of "
            f"{caller.name!r} is not one.",
        )


def has_scope(caller: Caller, scope: Scope) -> bool:
    """Whether the caller's scope includes `scope`."""
    return permits(caller.scopes, scope)


def may_enter(caller: Caller) -> bool:
    """Whether there are pages for the caller: who can read or report may log in."""
    return has_scope(caller, Scope.READ) or has_scope(caller, Scope.REPORT)


def _require_scope(caller: Caller, scope: Scope | tuple[Scope, ...]) -> None:
    scopes = (scope,) if isinstance(scope, Scope) else scope
    if not any(has_scope(caller, each) for each in scopes):
        raise HTTPException(
            status_code=403,
            detail=f"This requires scope {' or '.join(scopes)}; {caller.name!r} has "
            f"{scopes_text(caller.scopes)}.",
        )


async def _caller(
    connection: ASGIConnection[Any, Any, Any, Any], services: WebServices, *, cookies: bool
) -> Caller | None:
    token = _token_in(connection)
    if token is not None or not cookies or "authorization" in connection.headers:
        return await caller_with_token(services, token)
    cookie = cookie_in(connection.scope["headers"])
    opened = None if cookie is None else await services.sessions.opened_by(cookie)
    if opened == BY_LINK:
        return VISITOR
    if isinstance(opened, Granted):
        return _caller_of_grant(opened)
    return caller_of_row(services, opened) if isinstance(opened, TokenRow) else None


async def caller_with_token(services: WebServices, token: str | None) -> Caller | None:
    """The caller with this token; None for a missing, unknown or revoked token."""
    if not token or not token.isascii():
        return None
    row = await services.holders.of(token)
    if row is not None:
        return caller_of_row(services, row)
    opened = await services.sessions.opened_by(token, command_line=True)
    return _caller_of_grant(opened) if isinstance(opened, Granted) else None


def bearer_in(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The token of a request's Authorization header; None without one."""
    return _token_in(connection)


def caller_of_row(services: WebServices, row: TokenRow) -> Caller:
    """The caller with the token of a row, which was used now."""
    services.token_uses.note(row.digest)
    return Caller(
        key=row.digest,
        name=row.shown_name,
        actor=row.holder,
        scopes=frozenset({row.scope}),
        kind=HolderKind(row.holder_kind),
        source_kind=row.source_kind,
        signing=row.signing,
        sender=row.holder_name if row.name else f"{row.holder_kind}/{row.holder_name}",
    )


def _caller_of_grant(opened: Granted) -> Caller:
    return Caller(
        key=opened.digest,
        name=opened.name,
        actor=opened.grant.person,
        scopes=frozenset(opened.grant.scopes),
        kind=HolderKind.TOKEN,
        sender=opened.grant.person,  # a person's name is no key: another one may have it too
        by=opened.grant.by,
        ends_at=opened.grant.ends_at,
    )


def _token_in(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            return _ascii(value.strip())
        return _ascii(_basic_password(value)) if scheme.lower() == "basic" else None
    if (segment := connection.path_params.get("token")) is not None:
        return _ascii(str(segment))
    return None


def _ascii(token: str | None) -> str | None:
    return token if token is not None and token.isascii() else None


def _basic_password(value: str) -> str | None:
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded.partition(":")[2]


def commander_of(caller: Caller) -> Commander:
    """The caller as one who commands."""
    asker = Asker(scopes=caller.scopes, by=caller.by)
    return Commander(actor=caller.actor, token=caller.sender, asker=asker)


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """The caller that the guard authorised."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller
