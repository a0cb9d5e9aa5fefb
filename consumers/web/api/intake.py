"""Intake routes for the publishers' formats. They answer after the commit."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from litestar import Request, Router, post
from litestar.datastructures import Headers
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from prometheus_client import Counter

from consumers.container.guarded_clock import plausible_times
from consumers.intake.formats.native import NativeSignal
from consumers.intake.formats.registry import GROUP_BODY_BYTES, most_bytes
from consumers.intake.hmac_signature import SignatureError, require_signed
from consumers.intake.offload import sized
from consumers.intake.parsing.codings import ACCEPTED, CONTENT_ENCODING
from consumers.intake.parsing.envelopes import BATCH, STRUCTURED
from consumers.intake.receive import Received
from consumers.metrics.counters import SIGNALS
from consumers.web.api.schemas import with_bodies, with_body
from consumers.web.auth import Caller, caller_of, unauthorized
from consumers.web.bodies import ReceivedBody, hold_body
from consumers.web.services import services_of
from ledger.errors import Unavailable
from ledger.vocabulary import SourceKind

_SIGNALS = with_body(NativeSignal | list[NativeSignal])
_EVENTS = with_bodies(
    {STRUCTURED: dict[str, Any], BATCH: list[dict[str, Any]], "*/*": Any}, required=False
)
_CODED = f"A body may be compressed ({ACCEPTED}); another coding is 415, one above the limit 413."
KEPT_HEADERS = frozenset({"content-type", "user-agent"})


async def _receive(request: Request[Any, Any, Any], kind: SourceKind) -> Received:
    require_not_ending(request)
    async with hold_body(request, most_bytes(kind)) as body:
        caller = caller_of(request)
        at = plausible_times(services_of(request.app.state).ledger.now)
        await _require_signed(caller, request.headers, body.content, at)
        return await record_body(request, caller, kind, body)


def require_not_ending(request: Request[Any, Any, Any]) -> None:
    """Raises Unavailable while the server drains."""
    if services_of(request.app.state).draining():
        raise Unavailable("The server is shutting down.", remedy="Send it again in a moment.")


async def _require_signed(
    caller: Caller, headers: Mapping[str, str], body: bytes, at: tuple[datetime, ...]
) -> None:
    if (signing := caller.signing) is None:
        return
    try:
        await sized(len(body), lambda: require_signed(signing, headers, body, *at))
    except SignatureError as error:
        raise unauthorized(str(error)) from error


async def record_body(
    request: Request[Any, Any, Any], caller: Caller, kind: SourceKind, body: ReceivedBody
) -> Received:
    """Records a source's body and counts its signals; returns after the commit."""
    headers = _kept(request.headers)
    if body.fault:  # it is stored as it arrived, with its coding
        headers[CONTENT_ENCODING] = request.headers[CONTENT_ENCODING][:1_000]
    take = services_of(request.app.state).intake.take
    received = await take(caller.name, kind, body.content, headers, scope=caller.scope)
    for outcome, counter in _counters(caller.name).items():
        counter.inc(getattr(received, outcome))
    return received


@cache
def _counters(source: str) -> dict[str, Counter]:
    return {name: SIGNALS.labels(source, name) for name in ("recorded", "repeats", "quarantined")}


def _kept(headers: Headers) -> dict[str, str]:
    """The headers that a retry from quarantine needs to parse a body.

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


def _routes(
    kind: SourceKind, what: str, description: str, **more: Any
) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """A format's route, and its variant for senders that cannot set a header."""

    async def take(request: Request[Any, Any, Any]) -> Received:
        return await _receive(request, kind)

    async def take_by_path(request: Request[Any, Any, Any], token: FromPath[str]) -> Received:
        return await _receive(request, kind)

    take.__doc__ = description
    take_by_path.__doc__ = (
        "The same, for senders that cannot set a header. The token is never logged."
    )
    more = {"status_code": 202, "opt": {"intake": kind}, **more}
    route = post(f"/{kind}", operation_id=f"take_{kind}", summary=f"Receive {what}", **more)
    by_path = post(
        f"/{kind}/{{token:str}}",
        operation_id=f"take_{kind}_by_path",
        summary=f"Receive {what}; the token in the path",
        **more,
    )
    return route(take), by_path(take_by_path)


HANDLERS: list[HTTPRouteHandler] = [
    *_routes(
        SourceKind.ALERTMANAGER,
        "an Alertmanager webhook (version 4)",
        "Records the signals of a notification; what is not understood goes to quarantine. "
        f"{_CODED}",
        request_max_body_size=GROUP_BODY_BYTES,
    ),
    *_routes(
        SourceKind.GRAFANA,
        "a Grafana webhook",
        "The same for Grafana's alerting. Where the source has an HMAC secret, the decoded body is "
        "signed.",
        request_max_body_size=GROUP_BODY_BYTES,
    ),
    *_routes(
        SourceKind.CLOUDEVENTS,
        "CloudEvents 1.0: structured, a batch, or binary",
        "Records events as signals. One of type `airledger.incident.<command>` is that command, "
        "where the source has scope operate. What is not understood, or refused, goes to "
        f"quarantine. {_CODED}",
        operation_class=_EVENTS,
    ),
    *_routes(
        SourceKind.NATIVE,
        "airledger's own signals: one, or a list",
        f"Records signals; what is not understood goes to quarantine. {_CODED}",
        operation_class=_SIGNALS,
    ),
]
ROUTER = Router("/v1/signals", route_handlers=HANDLERS, tags=["intake"])
