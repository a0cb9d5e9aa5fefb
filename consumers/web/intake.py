"""Intake routes: publishers' formats. Answered only after the commit."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from litestar import Request, Router, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from prometheus_client import Counter

from consumers.signals.intake import Received
from consumers.web.auth import caller_of
from consumers.web.metrics import SIGNALS
from consumers.web.services import services_of
from ledger.errors import Unavailable
from ledger.vocabulary import SourceKind

GROUP_BODY_BYTES = 16 * 1024 * 1024
"""Alertmanager never splits a group: 3,000 modest alerts are 1.6 MB."""
KEPT_HEADERS = frozenset({"content-type", "user-agent"})


async def _take(request: Request[Any, Any, Any], kind: SourceKind) -> Received:
    services = services_of(request.app.state)
    if services.draining():
        raise Unavailable("The server is about to end.", remedy="Send it again in a moment.")
    body = await request.body()
    headers = _kept(request.headers)
    source = caller_of(request).name
    received = await services.intake.take(source, kind, body, headers)
    for outcome, counter in _counters(source).items():
        counter.inc(getattr(received, outcome))
    return received


@cache
def _counters(source: str) -> dict[str, Counter]:
    return {name: SIGNALS.labels(source, name) for name in ("recorded", "repeats", "quarantined")}


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """What of the headers tells how to read a body, for a retry from quarantine."""
    return {
        name: value[:1_000]
        for name, value in headers.items()
        if name in KEPT_HEADERS or name.startswith("ce-")
    }


@post(
    "/alertmanager",
    status_code=202,
    request_max_body_size=GROUP_BODY_BYTES,
    opt={"intake": SourceKind.ALERTMANAGER},
    summary="Take an Alertmanager webhook (version 4)",
)
async def alertmanager(request: Request[Any, Any, Any]) -> Received:
    """Records the signals of a notification; what is not understood goes to quarantine."""
    return await _take(request, SourceKind.ALERTMANAGER)


@post(
    "/alertmanager/{token:str}",
    status_code=202,
    request_max_body_size=GROUP_BODY_BYTES,
    opt={"intake": SourceKind.ALERTMANAGER},
    summary="Take an Alertmanager webhook, the token in the path",
)
async def alertmanager_by_path(
    request: Request[Any, Any, Any],
    token: FromPath[str],
) -> Received:
    """The same, for senders that cannot set a header. The token is never logged."""
    return await _take(request, SourceKind.ALERTMANAGER)


HANDLERS: list[HTTPRouteHandler] = [alertmanager, alertmanager_by_path]
ROUTER = Router("/v1/signals", route_handlers=HANDLERS, tags=["intake"])
