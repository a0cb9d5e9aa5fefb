"""Forms that act: each command of a kind of stream, for those whose token may send it.

A form carries a token that is made of the session's cookie, an idempotency key (a double click is
one command) and the version that its page showed: where somebody else changed the stream meanwhile,
the form comes back with what was typed, and with what changed.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.status_codes import HTTP_303_SEE_OTHER

from consumers.commands.filling import filled
from consumers.commands.references import is_reference, reference, stream_named
from consumers.commands.service import Commands
from consumers.container.ledger import Ledger, new_id
from consumers.intake.offload import run_by_size
from consumers.read_service.streams import TimelineEntry, stream_timeline
from consumers.web import problems
from consumers.web.auth import Caller, commander_of, has_scope, require_own_page, unauthorized
from consumers.web.bodies import receive_body
from consumers.web.pages.forms import Form, form_of
from consumers.web.pages.rendering import HEADERS, frame_of, page, prefix_of
from consumers.web.services import services_of
from consumers.web.sessions import cookie_in
from ledger.domain.catalogue import STREAMS
from ledger.domain.stream_type import CommandType, StreamType
from ledger.errors import Invalid, LedgerError, NotFound, Refused, StaleVersion
from ledger.execute import Outcome

FORM_BYTES = 256 * 1024
"""A form's longest texts have 10,000 characters each, of up to 12 bytes. 413."""
MOST_FIELDS = 50
_VERSION_FORM = re.compile(r"[0-9]{1,18}")
TOKEN, KEY, VERSION = "_token", "_key", "_version"
LATEST = 10
"""So many of the newest changes are shown to somebody whose page was stale."""


def forms_for(
    request: Request[Any, Any, Any], kind: StreamType, ref: str | None, version: int = 0
) -> tuple[Form, ...]:
    """The forms of one stream, or those that open one, which the request's visitor may send."""
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        return ()
    hidden = _hidden(request, version)
    return tuple(
        form_of(kind, name, ref)._replace(hidden=hidden)
        for name, of in kind.commands.items()
        if of.opens == (ref is None) and has_scope(caller, of.scope)
    )


def may_open(request: Request[Any, Any, Any], kind: StreamType) -> bool:
    """Whether the request's visitor may open a stream of a kind."""
    caller: Caller | None = request.scope["state"].get("caller")
    return caller is not None and any(
        of.opens and has_scope(caller, of.scope) for of in kind.commands.values()
    )


def wanted_leaf(request: Request[Any, Any, Any]) -> int | None:
    """The leaf that a page is to show, where it follows upon a form: `at_least` in its address."""
    given = request.query_params.get("at_least", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else None


def _hidden(request: Request[Any, Any, Any], version: int = 0) -> dict[str, str]:
    """What a form carries unseen; see the module."""
    return {TOKEN: _token(request), KEY: new_id(), VERSION: str(version)}


def _token(request: Request[Any, Any, Any]) -> str:
    """What only a page of this session can know; empty without a session."""
    cookie = cookie_in(request.scope["headers"])
    if cookie is None:
        return ""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


async def typed_in(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form, whoever sends it. Raises Invalid for one that is no text.

    It is read within the bounds of strangers' bodies, and parsed in a thread where it is long.
    """
    body = (await receive_body(request, FORM_BYTES)).content
    return await run_by_size(len(body), _parsed, body)


def _parsed(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid("The form is not UTF-8 text.", errors=[("form", str(error))]) from error
    return dict(fields)


def refusal(error: LedgerError) -> str:
    """Why a form was refused and what to do, as one text."""
    return f"{error.message} {error.remedy}".strip()


def require_token(request: Request[Any, Any, Any], typed: Mapping[str, str]) -> None:
    """Raises Refused where the form is of another session than the one that sends it."""
    if not hmac.compare_digest(typed.get(TOKEN, ""), _token(request)):
        raise Refused(
            "form_of_another_session",
            "You logged in anew since this page was opened.",
            remedy="Nothing was recorded. Check what is written here and send it again.",
        )


async def _act(
    request: Request[Any, Any, Any], kind: StreamType, name: str, of: CommandType, ref: str | None
) -> Response[bytes]:
    typed = await typed_in(request)  # before any refusal: a connection goes on after a read body
    require_own_page(request)
    ledger = services_of(request.app.state).ledger
    caller: Caller | None = request.scope["state"]["caller"]
    if caller is None or not has_scope(caller, of.scope):
        return _not_allowed(request, kind, name, ref, typed, caller, of)
    commander, commands = commander_of(caller), Commands(ledger.services)

    def run() -> str:
        require_token(request, typed)
        command, key = filled(of.body, typed), typed.get(KEY) or None
        outcome = commands.send(commander, kind, ref, command, key=key, if_match=_seen(typed))
        return f"{_reference(ledger, kind, ref, outcome)}?at_least={outcome.position}"

    try:
        done = await asyncio.to_thread(run)
    except NotFound:
        raise
    except LedgerError as error:
        return await asyncio.to_thread(_again, request, kind, name, ref, typed, error)
    return Response(
        b"",
        status_code=HTTP_303_SEE_OTHER,
        headers={**HEADERS, "Location": f"{prefix_of(request)}/{kind.plural}/{done}"},
    )


def _seen(typed: Mapping[str, str]) -> int | None:
    """The version that the form's page showed."""
    version = typed.get(VERSION, "")
    return int(version) if _VERSION_FORM.fullmatch(version) else None


def _reference(ledger: Ledger, kind: StreamType, ref: str | None, outcome: Outcome) -> str:
    """The reference of the stream that was commanded. Blocking."""
    if ref is not None and is_reference(ref, kind):
        return ref
    stream = outcome.stream or ""
    return reference(ledger.store.load({stream: 0})[stream][0].leaf, kind)


def _not_allowed(
    request: Request[Any, Any, Any],
    kind: StreamType,
    name: str,
    ref: str | None,
    typed: Mapping[str, str],
    caller: Caller | None,
    of: CommandType,
) -> Response[bytes]:
    """The form of somebody whose session is over, or who may not send it: nothing typed is lost."""
    if caller is None:
        refused = (
            "You are no longer logged in, and nothing was recorded. Log in in another tab, then "
            "send this form again."
        )
    else:
        refused = (
            f"This needs scope {of.scope}; the token of {caller.name!r} has {caller.scope}. "
            "Nothing was recorded. Log in with another token, or let somebody do it who may."
        )
    given = {each: typed.get(each, "") for each in (TOKEN, KEY, VERSION)}
    form = form_of(kind, name, ref)._replace(hidden=given)
    log_in = caller is None
    return _form_page(
        request,
        kind,
        ref,
        form.again(typed, {}, refused),
        status=401 if log_in else 403,
        headers=dict(unauthorized("").headers or {}) if log_in else None,
        log_in=log_in,
    )


def _again(
    request: Request[Any, Any, Any],
    kind: StreamType,
    name: str,
    ref: str | None,
    typed: Mapping[str, str],
    error: LedgerError,
) -> Response[bytes]:
    """The form with what was typed, and why it was refused."""
    ledger = services_of(request.app.state).ledger
    version = 0
    changed: tuple[TimelineEntry, ...] = ()
    if ref is not None:
        entries = stream_timeline(ledger, kind, stream_named(ledger.store, kind, ref)).items
        version = entries[-1].version
        if isinstance(error, StaleVersion):
            seen = _seen(typed) or 0
            changed = tuple(each for each in entries if each.version > seen)[-LATEST:]
    problem = problems.ledger_problem(error)
    wrong = {each.field: each.message for each in problem.errors}
    form = form_of(kind, name, ref)._replace(hidden=_hidden(request, version))
    refused = "" if isinstance(error, Invalid) and wrong else refusal(error)
    return _form_page(
        request,
        kind,
        ref,
        form.again(typed, wrong, refused),
        status=problem.status,
        headers=problems.headers_of(problem, {}),
        changed=changed,
    )


def _form_page(
    request: Request[Any, Any, Any],
    kind: StreamType,
    ref: str | None,
    form: Form,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    changed: tuple[TimelineEntry, ...] = (),
    log_in: bool = False,
) -> Response[bytes]:
    """A form as a page; `changed` is what others recorded, `log_in` leads to the log-in page."""
    return page(
        frame_of(request),
        "form.html",
        status=status,
        headers=headers,
        kind=kind,
        ref=ref,
        form=form,
        changed=changed,
        log_in=log_in,
    )


def _route(kind: StreamType, name: str, of: CommandType) -> HTTPRouteHandler:
    async def act(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
        return await _act(request, kind, name, of, ref)

    return post(
        f"/{kind.plural}/{{ref:str}}/{name}",
        opt={"scope": of.scope, "form": True},
        request_max_body_size=FORM_BYTES,
        name=f"form_{kind.kind}_{name}",
    )(act)


def _opening(kind: StreamType, name: str, of: CommandType) -> tuple[HTTPRouteHandler, ...]:
    async def act(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await _act(request, kind, name, of, None)

    async def show(request: Request[Any, Any, Any]) -> Response[bytes]:
        if request.scope["state"].get("caller") is None:
            raise unauthorized("A valid token is needed.")
        form = form_of(kind, name)._replace(hidden=_hidden(request))
        return _form_page(request, kind, None, form)

    needs = {"scope": of.scope, "form": True}
    return (
        post(
            f"/{kind.plural}",
            opt=needs,
            request_max_body_size=FORM_BYTES,
            name=f"form_{kind.kind}_{name}",
        )(act),
        get(f"/{kind.plural}/new", opt={"scope": of.scope}, name=f"new_{kind.kind}")(show),
    )


def _routes() -> list[HTTPRouteHandler]:
    found: list[HTTPRouteHandler] = []
    for kind in STREAMS:
        for name, of in kind.commands.items():
            found += _opening(kind, name, of) if of.opens else [_route(kind, name, of)]
    return found


ROUTES = _routes()
