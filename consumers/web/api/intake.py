"""Intake routes: one for each registered format. A body is answered after its commit."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from litestar import Request, Router, post
from litestar.datastructures import Headers
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from prometheus_client import Counter

from consumers.container.guarded_clock import plausible_times
from consumers.intake.format import SIGNALS_PATH, Format
from consumers.intake.formats.registry import FORMATS
from consumers.intake.hmac_signature import SignatureError, require_signed
from consumers.intake.offload import run_by_size
from consumers.intake.parsing.codings import ACCEPTED, CONTENT_ENCODING
from consumers.intake.receive import Received
from consumers.metrics.counters import SIGNALS
from consumers.web.api.schemas import with_bodies
from consumers.web.auth import Caller, caller_of, unauthorized
from consumers.web.bodies import ReceivedBody, hold_body
from consumers.web.services import WebServices, services_of
from ledger.errors import Unavailable
from ledger.store.side_records import Signing
from ledger.vocabulary import SourceKind

_EVERY_FORMAT = (
    "What cannot be parsed goes to quarantine. "
    f"A body may be compressed ({ACCEPTED}); another coding is 415, one above the limit 413."
)
KEPT_HEADERS = frozenset({"content-type", "user-agent", "webhook-id"})


async def receive(request: Request[Any, Any, Any]) -> Received:
    """Receives a body of the format that the route's option `intake` names."""
    services = services_of(request.app.state)
    require_running(services)
    kind: SourceKind = request.route_handler.opt["intake"]
    caller = caller_of(request)
    async with hold_body(request, FORMATS[kind].limit) as body:
        if caller.signing is not None:
            await _require_signed(caller.signing, request, services, body.content)
        return await record(request, services, caller, kind, body)


async def receive_by_path(request: Request[Any, Any, Any], token: FromPath[str]) -> Received:
    """The same; the guard has read the token in the path, and logs do not hold it."""
    return await receive(request)


def require_running(services: WebServices) -> None:
    """Raises Unavailable while the server drains."""
    if services.draining():
        raise Unavailable("The server is shutting down.", remedy="Send it again in a moment.")


async def _require_signed(
    signing: Signing, request: Request[Any, Any, Any], services: WebServices, body: bytes
) -> None:
    """Raises HTTPException (401) for a body without its source's valid signature."""
    at = plausible_times(services.ledger.now)
    try:
        await run_by_size(len(body), require_signed, signing, request.headers, body, *at)
    except SignatureError as error:
        raise unauthorized(str(error)) from error


async def record(
    request: Request[Any, Any, Any],
    services: WebServices,
    caller: Caller,
    kind: SourceKind,
    body: ReceivedBody,
) -> Received:
    """Records a source's body, and counts what it came to. Returns once it is committed."""
    headers = _kept(request.headers)
    if body.fault:  # the body is kept as it arrived, so its coding is kept, too
        headers[CONTENT_ENCODING] = request.headers[CONTENT_ENCODING][:1_000]
    received = await services.intake.receive(
        caller.name, kind, body.content, headers, scope=caller.scope
    )
    for outcome, counter in _counters(caller.name).items():
        counter.inc(getattr(received, outcome))
    if received.ignored:
        SIGNALS.labels(caller.name, "ignored").inc(len(received.ignored))
    return received


@cache
def _counters(source: str) -> dict[str, Counter]:
    return {name: SIGNALS.labels(source, name) for name in ("recorded", "repeats", "quarantined")}


def _kept(headers: Headers) -> dict[str, str]:
    """The headers by which a body is parsed, also at a retry from quarantine; names in lower case.

    A CloudEvent's attributes are kept in full, with the values of a repeated one joined.
    """
    kept: dict[str, str] = {}
    for name, value in headers.multi_items():
        if name.lower().startswith("ce-"):
            before = kept.get(name.lower())
            kept[name.lower()] = value if before is None else f"{before}, {value}"
        elif name.lower() in KEPT_HEADERS:
            kept[name.lower()] = value[:1_000]
    return kept


def _routes(source_format: Format) -> Iterator[HTTPRouteHandler]:
    """A format's route, and the one for senders that cannot set a header."""
    kind, summary = source_format.kind, f"Receive {source_format.summary}"
    options: dict[str, Any] = {
        "status_code": 202,
        "opt": {"intake": kind},
        "request_max_body_size": source_format.limit,
    }
    if source_format.content:
        options["operation_class"] = with_bodies(
            source_format.content, required=source_format.content_required
        )
    yield post(
        f"/{kind}",
        operation_id=f"take_{kind}",
        summary=summary,
        description=f"{source_format.description} {_EVERY_FORMAT}",
        **options,
    )(receive)
    yield post(
        f"/{kind}/{{token:str}}",
        operation_id=f"take_{kind}_by_path",
        summary=f"{summary}; the token in the path",
        description="The same, for senders that cannot set a header. The token is never logged.",
        **options,
    )(receive_by_path)


HANDLERS: list[HTTPRouteHandler] = [
    route for each in FORMATS.values() if each.has_signals_route for route in _routes(each)
]
ROUTER = Router(SIGNALS_PATH, route_handlers=HANDLERS, tags=["intake"])
