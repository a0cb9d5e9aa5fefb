"""For operators: is it alive, can it do what is routed to it, and how are its loops."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from msgspec.structs import replace
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from consumers.guarded_clock import ClockState, held_reason, state_of
from consumers.roles import Role
from consumers.web.api.metrics import registry_of
from consumers.web.services import Services, services_of
from ledger.errors import LedgerError
from ledger.vocabulary import Scope
from projections.catalogue import PROJECTIONS
from projections.engine import position

TEXT = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""The framework adds the charset."""
OPEN = {"open": True}
DOORS = frozenset((Role.INTAKE, Role.WEB))

NEVER_FILLED = (
    "Nobody ever filled the read models of views.url, so queries show nothing. Name those that a "
    "projector fills, or let one run: airledger run projector."
)


def _no_door(services: Services) -> bool:
    """Whether nobody but operators talks to this process: it then looks no tokens up."""
    return DOORS.isdisjoint(services.roles)


class LoopHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A loop: running, degraded or stopped, and why."""

    name: str
    state: str
    reason: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok, degraded (something beside the door stopped or lacks) or unavailable.

    `clock` is the machine's, where the ledger's time is that.
    """

    status: str
    reason: str = ""
    loops: list[LoopHealth] = []
    clock: ClockState | msgspec.UnsetType = msgspec.UNSET


@get("/health/live", opt=OPEN, summary="The process runs")
async def live() -> Health:
    """Always ok while the process answers."""
    return Health(status="ok")


@get("/health/ready", opt=OPEN, summary="The process can do what is routed to it")
async def ready(request: Request[Any, Any, Any]) -> Response[Health]:
    """503 only when this process cannot do what it is there for, or is about to end.

    That is a durable append for the intake, an answered query for the web, and for a process with
    neither that a loop of its own runs.
    """
    health = await _health(services_of(request.app.state))
    return Response(health, status_code=503 if health.status == "unavailable" else 200)


async def _health(services: Services) -> Health:
    loops, clock = loop_health(services), state_of(services.ledger.now)
    told = Health(status="unavailable", loops=loops, clock=clock or msgspec.UNSET)
    if services.draining():
        return replace(told, reason="The process is about to end.")
    try:
        lacking = await asyncio.to_thread(_probe, services)
    except LedgerError as error:
        return replace(told, reason=str(error))
    degraded = [loop for loop in loops if loop.state != "running"]
    if _no_door(services) and len(degraded) == len(loops):
        return replace(told, reason=loops[0].reason)
    reasons = [lacking, held_reason(clock) if clock else ""]
    reason = " ".join(each for each in reasons if each)
    return replace(told, status="degraded" if degraded or reason else "ok", reason=reason)


def _probe(services: Services) -> str:
    """Tries what is routed to this process; what its answers lack all the same, if anything."""
    if Role.INTAKE in services.roles:
        services.ledger.store.probe()
    if Role.WEB not in services.roles:
        return ""
    state = services.ledger.store.log_state()
    folded = position(services.ledger.views, PROJECTIONS)
    if Role.PROJECTOR in services.roles or folded or not (state and state.size):
        return ""
    return NEVER_FILLED


def loop_health(services: Services) -> list[LoopHealth]:
    """Every loop, and every projection that stopped."""
    loops = [
        LoopHealth(name=loop.name, state=loop.state, reason=loop.reason)
        for loop in services.working
    ]
    if Role.PROJECTOR in services.roles:
        loops += [
            LoopHealth(name=f"projection/{each.name}", state="stopped", reason=each.stopped)
            for each in services.ledger.progress
            if each.stopped is not None
        ]
    return loops


@get(
    "/metrics",
    opt={"scope": Scope.READ, "open": _no_door},
    summary="Prometheus metrics",
    media_type=TEXT,
)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counters and gauges of this process, in Prometheus' text format.

    A process that only operators talk to asks for no token: it may not look any up.
    """
    registry: CollectorRegistry = await asyncio.to_thread(
        registry_of, services_of(request.app.state)
    )
    return Response(generate_latest(registry), media_type=TEXT)


ROUTER = Router("/", route_handlers=[live, ready, metrics], tags=["operations"])
