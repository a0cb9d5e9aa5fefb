"""Who asks: a token as Bearer, as Basic password or as the last path segment of an intake route; or
the session of a browser that is logged in, which opens pages and queries alone.

Every route says what it needs in `opt`: `open`, `scope`, `intake` (a source's kind), or `in_body`
where the token comes in the body, which the route then looks at itself. A route that says nothing
is closed.
"""

import base64
import binascii
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from consumers.web.services import WebServices, services_of
from consumers.web.sessions import BY_LINK, cookie_in
from ledger.domain.access import HolderKind
from ledger.store.side_records import Signing, TokenRow
from ledger.vocabulary import Scope, SourceKind


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a request comes from. `key` names the token, not its secret."""

    key: str
    name: str
    actor: str
    scope: Scope
    kind: HolderKind
    source_kind: SourceKind | None = None
    signing: Signing | None = None


VISITOR = Caller(
    key="visitor", name="visitor", actor="airledger", scope=Scope.READ, kind=HolderKind.TOKEN
)


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Lets a request through to its route, or refuses it: 401 unknown, 403 not allowed."""
    if connection.scope.get("method") == "OPTIONS":
        return  # which methods a path has is no secret
    needs = handler.opt
    services = services_of(connection.app.state)
    public = needs.get("open", False)
    if public is True or (callable(public) and public(services)) or needs.get("in_body", False):
        return
    caller = await _caller(connection, services, cookies=connection.scope.get("method") == "GET")
    if caller is None:
        raise unauthorized("A valid token is needed.")
    if (kind := needs.get("intake")) is not None:
        require_source(caller, kind)
    else:
        _require_scope(caller, needs.get("scope", Scope.ADMIN))
    connection.scope["state"]["caller"] = caller


def unauthorized(detail: str) -> HTTPException:
    """The refusal of somebody who is not known, or not believed."""
    return HTTPException(
        status_code=401, detail=detail, headers={"WWW-Authenticate": 'Bearer realm="airledger"'}
    )


def require_source(caller: Caller, kind: SourceKind) -> None:
    """Refuses whoever is no source of that kind: 403."""
    if caller.kind is not HolderKind.SOURCE or caller.source_kind is not kind:
        raise HTTPException(
            status_code=403,
            detail=f"This route takes signals of a source of kind {kind}; the token of "
            f"{caller.name!r} is none.",
        )


def has_scope(caller: Caller, scope: Scope) -> bool:
    """Whether the caller may do what needs `scope`."""
    return caller.scope.permits(scope)


def _require_scope(caller: Caller, scope: Scope) -> None:
    if not has_scope(caller, scope):
        raise HTTPException(
            status_code=403,
            detail=f"This needs scope {scope}; the token of {caller.name!r} has {caller.scope}.",
        )


async def _caller(
    connection: ASGIConnection[Any, Any, Any, Any], services: WebServices, *, cookies: bool
) -> Caller | None:
    token = _presented(connection)
    if token is not None or not cookies or "authorization" in connection.headers:
        return await caller_by(services, token)
    cookie = cookie_in(connection.scope["headers"])
    row = None if cookie is None else await services.sessions.token_of(cookie)
    if row == BY_LINK:
        return VISITOR
    return _caller_of_row(row) if isinstance(row, TokenRow) else None


async def caller_by(services: WebServices, token: str | None) -> Caller | None:
    """Who a token belongs to; None for none, an unknown or a revoked one."""
    if not token or not token.isascii():
        return None
    row = await services.holders.of(token)
    return None if row is None else _caller_of_row(row)


def _caller_of_row(row: TokenRow) -> Caller:
    return Caller(
        key=row.digest,
        name=row.holder_name,
        actor=row.holder,
        scope=row.scope,
        kind=HolderKind(row.holder_kind),
        source_kind=row.source_kind,
        signing=row.signing,
    )


def _presented(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
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


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Who the guard let in."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller
