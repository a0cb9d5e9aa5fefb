"""Commands of people and programs: one route each, made from the domain's own command table."""

import asyncio
import re
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from consumers.commanding import Caller as Commander
from consumers.commanding import Commands
from consumers.decoding import decode
from consumers.reporting.incidents import IncidentView, after_command
from consumers.runtime import new_id
from consumers.signals.strictness import UNREADABLE
from consumers.web.api.schemas import with_body
from consumers.web.auth import caller_of
from consumers.web.bodies import text_of
from consumers.web.services import services_of
from ledger.domain.incident.commands import BY_NAME, Command, Report
from ledger.errors import Invalid
from ledger.execute import Outcome
from ledger.vocabulary import Scope

T = TypeVar("T")
_VERSION = re.compile(r"[0-9]{1,18}")
_KEY_CHARACTERS = 200
OPERATE = {"scope": Scope.OPERATE}
TAGS = ["commands"]


def decoded(kind: type[T], body: bytes, what: str) -> T:
    """What a body says, which is to be a `what`. Raises Invalid, naming the field."""
    try:
        return decode(kind, body)
    except UNREADABLE as error:
        raise _invalid_body(what, error) from error


def _invalid_body(what: str, error: Exception) -> Invalid:
    """The problem of a body that is none of its kind; msgspec tells the path as `$.field`."""
    message, _, path = str(error).partition(" - at `$")
    field = path.strip("`").lstrip(".")
    if not field and (named := re.search(r"field `([^`]+)`", message)):
        field = named[1]
    return Invalid(
        f"The body is no {what}: {message}.",
        errors=[(field or "body", message)],
        remedy="See /v1/openapi.json for its fields.",
    )


def _if_match(request: Request[Any, Any, Any]) -> int | None:
    tag = if_match_of(request, _VERSION, "7")
    return None if tag is None else int(tag)


def if_match_of(request: Request[Any, Any, Any], form: re.Pattern[str], example: str) -> str | None:
    """The entity tag in If-Match, without its quotes; None for none or any. Raises Invalid."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    tag = header.strip().removeprefix("W/")
    if tag[:1] != '"' or tag[-1:] != '"' or form.fullmatch(tag[1:-1]) is None:
        raise Invalid(
            f"If-Match {header!r} is no version.",
            errors=[("If-Match", f'expected one entity tag as given, such as "{example}"')],
        )
    return tag[1:-1]


def _key(request: Request[Any, Any, Any]) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= _KEY_CHARACTERS:
        raise Invalid(
            "The Idempotency-Key is too long or empty.",
            errors=[("Idempotency-Key", f"expected 1 to {_KEY_CHARACTERS} characters")],
        )
    return key


async def _run(
    request: Request[Any, Any, Any], ref: str | None, kind: type[Command], status: int
) -> Response[IncidentView]:
    services = services_of(request.app.state)
    # Absent means no fields.
    command = decoded(kind, await text_of(request) or b"{}", kind.__name__)
    key, if_match = _key(request), _if_match(request)
    caller = caller_of(request)
    commander = Commander(actor=caller.actor, token=f"{caller.kind}/{caller.name}")
    ledger = services.ledger
    commands = Commands(ledger.store, ledger.executor, clock=ledger.now, new_id=new_id)

    def run() -> tuple[Outcome, IncidentView]:
        if isinstance(command, Report):
            outcome = commands.report(commander, command, key=key)
        else:
            outcome = commands.command(commander, ref or "", command, key=key, if_match=if_match)
        incident = outcome.incident or UUID(int=0)
        return outcome, after_command(ledger, incident)

    outcome, view = await asyncio.to_thread(run)
    headers = {"ETag": f'"{outcome.version}"', "Airledger-Position": str(outcome.position)}
    if ref is None:
        headers["Location"] = f"/v1/incidents/{view.id}"
    return Response(view, status_code=outcome.replayed or status, headers=headers)


@post(
    "/incidents",
    tags=TAGS,
    opt=OPERATE,
    operation_class=with_body(Report),
    summary="Report an incident",
)
async def report(request: Request[Any, Any, Any]) -> Response[IncidentView]:
    """Opens an incident. With an Idempotency-Key, the same request again opens no second one."""
    return await _run(request, None, Report, 201)


def _route(path: str, kind: type[Command]) -> HTTPRouteHandler:
    async def command(
        request: Request[Any, Any, Any], ref: FromPath[str]
    ) -> Response[IncidentView]:
        return await _run(request, ref, kind, 200)

    command.__doc__ = kind.__doc__
    return post(
        f"/incidents/{{ref:str}}/{path}",
        tags=TAGS,
        status_code=200,
        opt=OPERATE,
        operation_class=with_body(kind, required=bool(kind.__struct_fields__)),
        operation_id=f"incident_{path.replace('/', '_')}",
        summary=f"Incident: {path.replace('/', ' ')}",
    )(command)


ROUTES: list[HTTPRouteHandler] = [report, *(_route(path, kind) for path, kind in BY_NAME.items())]
