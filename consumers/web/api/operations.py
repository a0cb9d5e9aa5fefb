"""Operators' routes: liveness, readiness with the state of the workers, metrics."""

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
PUBLIC_ROLES = frozenset((Role.INTAKE, Role.WEB))


def _is_internal(services: WebServices) -> bool:
    """Whether only operators call this process; it then looks up no tokens."""
    return PUBLIC_ROLES.isdisjoint(services.roles)


class LoopHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a worker: running, degraded or stopped, and why."""

    name: str
    state: str
    reason: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok, degraded (requests succeed, but a worker or data is missing) or unavailable.

    `clock` is the state of the machine's clock, if the ledger uses it.
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
    """503 only if this process cannot serve its role, or is about to end.

    The intake needs a durable append, the web an answered query, and a process with neither needs a
    running worker. The store is probed at most once a second.
    """
    health = await _health(services_of(request.app.state))
    return Response(health, status_code=503 if health.status == "unavailable" else 200)


async def _health(services: WebServices) -> Health:
    loops, clock = loop_health(services), state_of(services.ledger.now)
    health = Health(status="unavailable", loops=loops, clock=clock or msgspec.UNSET)
    if services.draining():
        return replace(health, reason="The process is about to end.")
    probed = await services.probe.ask()
    if probed.cannot and not _is_internal(services):
        return replace(health, reason=probed.cannot)
    degraded = [loop for loop in loops if loop.state != "running"]
    if _is_internal(services) and len(degraded) == len(loops):
        return replace(health, reason=loops[0].reason)
    reasons = [probed.cannot, probed.lacking, held_reason(clock) if clock else ""]
    reason = " ".join(each for each in reasons if each)
    return replace(health, status="degraded" if degraded or reason else "ok", reason=reason)


def loop_health(services: WebServices) -> list[LoopHealth]:
    """Every worker, and every stopped projection."""
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
    opt={"scope": Scope.READ, "open": _is_internal},
    summary="Prometheus metrics",
    media_type=TEXT,
)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counters and gauges of this process, in Prometheus' text format.

    A process that only operators call requires no token: it may not look one up.
    """
    services = services_of(request.app.state)
    probed = await services.probe.ask()
    registry: CollectorRegistry = await asyncio.to_thread(build_registry, services, up=probed.up)
    return Response(generate_latest(registry), media_type=TEXT)


ROUTER = Router("/", route_handlers=[live, ready, metrics], tags=["operations"])
