"""For operators: is it alive, can it do what is routed to it, and how are its loops."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from msgspec.structs import replace
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from consumers.container.guarded_clock import ClockState, held_reason, state_of
from consumers.container.roles import Role
from consumers.web.api.metrics import build_registry
from consumers.web.services import WebServices, services_of
from ledger.vocabulary import Scope

TEXT = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""The framework adds the charset."""
OPEN = {"open": True}
DOORS = frozenset((Role.INTAKE, Role.WEB))


def _no_door(services: WebServices) -> bool:
    """Whether nobody but operators talks to this process: it then looks no tokens up."""
    return DOORS.isdisjoint(services.roles)


class LoopHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A loop: running, degraded or stopped, and why."""

    name: str
    state: str
    reason: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok, degraded (a part of the process stopped, requests are served) or unavailable.

    `clock` is the state of the machine's clock; absent in a demo, which has its own.
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
    neither that a loop of its own runs. However often it is asked, the store is probed once a
    second at most.
    """
    health = await _health(services_of(request.app.state))
    return Response(health, status_code=503 if health.status == "unavailable" else 200)


async def _health(services: WebServices) -> Health:
    loops, clock = loop_health(services), state_of(services.ledger.now)
    told = Health(status="unavailable", loops=loops, clock=clock or msgspec.UNSET)
    if services.draining():
        return replace(told, reason="The process is about to end.")
    probed = await services.probe.ask()
    if probed.cannot and not _no_door(services):
        return replace(told, reason=probed.cannot)
    degraded = [loop for loop in loops if loop.state != "running"]
    if _no_door(services) and len(degraded) == len(loops):
        return replace(told, reason=loops[0].reason)
    reasons = [probed.cannot, probed.lacking, held_reason(clock) if clock else ""]
    reason = " ".join(each for each in reasons if each)
    return replace(told, status="degraded" if degraded or reason else "ok", reason=reason)


def loop_health(services: WebServices) -> list[LoopHealth]:
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
    services = services_of(request.app.state)
    probed = await services.probe.ask()
    registry: CollectorRegistry = await asyncio.to_thread(build_registry, services, up=probed.up)
    return Response(generate_latest(registry), media_type=TEXT)


ROUTER = Router("/", route_handlers=[live, ready, metrics], tags=["operations"])
