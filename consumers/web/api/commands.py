"""Commands of people and programs: one route each, made from the registry of stream kinds."""

import asyncio
import re
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from consumers.commands.service import Commands
from consumers.intake.parsing.strict_json import UNREADABLE
from consumers.json_decoders import decode, invalid_member
from consumers.read_service.views import REDUCED, reduced_view_of, view_of, view_type
from consumers.web.api.schemas import with_body
from consumers.web.auth import caller_of, commander_of, has_scope
from consumers.web.bodies import utf8_body
from consumers.web.reader import read_ledger
from ledger.domain.catalogue import STREAMS
from ledger.domain.envelope import uuid_of
from ledger.domain.stream_type import CommandType, StreamType
from ledger.errors import Invalid
from ledger.execute import Outcome
from ledger.vocabulary import Scope

T = TypeVar("T")
_VERSION = re.compile(r"[0-9]{1,18}")
_KEY_CHARACTERS = 200
TAGS = ["commands"]
REPORTS = "reports"
"""The part of the path below which somebody sees what he opened, and may not read."""
RECORDED = "Airledger-Recorded"
"""The answer's header with 0 where there was nothing to do, else 1; for a retry, of signals."""


def decode_body(kind: type[T], body: bytes, what: str) -> T:
    """Decodes a JSON body of type `kind`, named `what` in errors. Raises Invalid with the field."""
    try:
        return decode(kind, body)
    except UNREADABLE as error:
        raise _invalid_body(what, error) from error


def _invalid_body(what: str, error: Exception) -> Invalid:
    """The error for a body of another type; msgspec's message has the path as `$.field`."""
    field, message = invalid_member(error)
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


class RecordedAll(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of commands came to: how many were recorded, and how many were before.

    `ids` are those of their streams, in the order of the list.
    """

    recorded: int
    repeated: int
    ids: tuple[str, ...]


async def _run_all(
    request: Request[Any, Any, Any], kind: StreamType, of: CommandType, body: bytes
) -> Response[Any]:
    """Runs each command of a list: all of them are recorded, or none."""
    given = decode_body(list[of.body], body, f"list of {of.body.__name__}")  # type: ignore[name-defined]
    commander = commander_of(caller_of(request))
    commands = Commands(read_ledger(request).services)
    outcome = await asyncio.to_thread(commands.open_all, commander, kind, given)
    ids = tuple(str(uuid_of(part.stream or "")) for part in outcome.parts)
    found = RecordedAll(recorded=outcome.recorded, repeated=outcome.repeats, ids=ids)
    last = max((part.position for part in outcome.parts), default=-1)
    headers = {"Airledger-Position": str(last), RECORDED: str(outcome.recorded)}
    return Response(found, status_code=HTTP_201_CREATED, headers=headers)


async def _run(
    request: Request[Any, Any, Any], kind: StreamType, of: CommandType, ref: str | None
) -> Response[Any]:
    # Absent means no fields.
    body = await utf8_body(request) or b"{}"
    if of.many and body.lstrip()[:1] == b"[":
        return await _run_all(request, kind, of, body)
    command = decode_body(of.body, body, of.body.__name__)
    key, if_match = _key(request), _if_match(request)
    caller = caller_of(request)
    commander, reads = commander_of(caller), has_scope(caller, Scope.READ)
    ledger = read_ledger(request)
    commands = Commands(ledger.services)

    def run() -> tuple[Outcome, Any, UUID]:
        outcome = commands.send(commander, kind, ref, command, key=key, if_match=if_match)
        subject = uuid_of(outcome.stream or "")
        view = view_of if reads else reduced_view_of
        return outcome, view(ledger, kind, subject), subject

    outcome, view, subject = await asyncio.to_thread(run)
    return answer_of(kind, outcome, view, subject, opened=ref is None, reads=reads)


def answer_of(
    kind: StreamType, outcome: Outcome, view: Any, subject: UUID, *, opened: bool, reads: bool
) -> Response[Any]:
    """The answer to a command that was executed; `reads`: its sender may read the stream."""
    headers = {
        "ETag": f'"{outcome.version}"',
        "Airledger-Position": str(outcome.position),
        RECORDED: str(int(outcome.events > 0 or outcome.replayed)),
    }
    if opened:
        headers["Location"] = f"/v1/{kind.plural if reads else REPORTS}/{subject}"
    status = HTTP_201_CREATED if opened else HTTP_200_OK
    return Response(view, status_code=status, headers=headers)


def _opening_route(kind: StreamType, name: str, of: CommandType) -> HTTPRouteHandler:
    async def opening(request: Request[Any, Any, Any]) -> Response[Any]:
        return await _run(request, kind, of, None)

    opening.__doc__ = (
        f"{of.body.__doc__} With an Idempotency-Key, the same request again opens no second one."
    )
    view: Any = view_type(kind)
    if of.scope is Scope.REPORT:
        view = view | REDUCED[kind.kind].type
        opening.__doc__ += " Who may report and not read is answered as by /v1/reports/{ref}."
    accepted: Any = of.body
    if of.many:
        view, accepted = view | RecordedAll, of.body | list[of.body]  # type: ignore[name-defined]
        opening.__doc__ += " Of a list all are recorded, or none."
    opening.__annotations__["return"] = Response[view]
    return post(
        f"/{kind.plural}",
        tags=TAGS,
        opt={"scope": of.scope},
        operation_class=with_body(accepted),
        operation_id=f"{kind.kind}_{name.replace('/', '_')}",
        summary=f"{name.capitalize()} {'an' if kind.label[:1] in 'aeiou' else 'a'} {kind.label}",
    )(opening)


def _route(kind: StreamType, name: str, of: CommandType) -> HTTPRouteHandler:
    async def command(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[Any]:
        return await _run(request, kind, of, ref)

    command.__doc__ = of.body.__doc__
    command.__annotations__["return"] = Response[view_type(kind)]  # type: ignore[misc]
    return post(
        f"/{kind.plural}/{{ref:str}}/{name}",
        tags=TAGS,
        status_code=HTTP_200_OK,
        opt={"scope": of.scope},
        operation_class=with_body(of.body, required=bool(of.body.__struct_fields__)),
        operation_id=f"{kind.kind}_{name.replace('/', '_')}",
        summary=f"{kind.label.capitalize()}: {name.replace('/', ' ')}",
    )(command)


ROUTES: list[HTTPRouteHandler] = [
    _opening_route(kind, name, of) if of.opens else _route(kind, name, of)
    for kind in STREAMS
    for name, of in kind.commands.items()
]
