"""Queries: the register, its timelines and the raw events, as JSON."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from consumers import read_service
from consumers.commands.policy_history import require_category
from consumers.commands.references import incident_id
from consumers.container.ledger import Ledger
from consumers.read_service.incidents import IncidentView
from consumers.read_service.items import Items
from consumers.read_service.streams import TimelineEntry
from consumers.web.api.consistency import wait_for_leaf
from ledger.domain.envelope import stream_id
from ledger.errors import NotFound
from ledger.vocabulary import MONTH, Impact, Scope, Severity, Status
from projections.queries.incidents import IncidentFilters
from projections.queries.paging import MAX_LIMIT

READ = {"scope": Scope.READ}
TAGS = ["queries"]
EVENTS_PER_READ = 100
"""A client that does not read keeps twice as many in memory."""
LAST_LEAF = 2**53 - 1
"""The largest integer that every JSON parser represents exactly."""
AtLeast = Annotated[
    int | None,
    QueryParameter(
        name="at_least",
        ge=0,
        le=LAST_LEAF,
        description="Wait until this leaf index is in the answer.",
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)]
Month = Annotated[str | None, QueryParameter(pattern=f"^{MONTH.pattern}$")]


@get("/incidents", opt=READ, tags=TAGS, summary="The incident register")
async def incidents(
    request: Request[Any, Any, Any],
    system: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    severity: FromQuery[Severity | None] = None,
    status: FromQuery[Status | None] = None,
    month: Month = None,
    impact: FromQuery[Impact | None] = None,
    sort: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[IncidentView]:
    """Incidents that match every filter; newest detection first unless sorted otherwise.

    `impact` excludes merged incidents: theirs is that of the incident they were merged into.
    `category` is one of a policy that is or was in force.
    """
    ledger = await wait_for_leaf(request, at_least)
    filters = IncidentFilters(system, category, severity, status, month, impact)

    def run() -> Items[IncidentView]:
        require_category(ledger.store, category)
        return read_service.incidents.register(
            ledger, filters, sort=sort, cursor=cursor, limit=limit
        )

    return await asyncio.to_thread(run)


@get("/incidents/{ref:str}", opt=READ, tags=TAGS, summary="One incident")
async def incident(
    request: Request[Any, Any, Any], ref: FromPath[str], at_least: AtLeast = None
) -> Response[IncidentView]:
    """An incident by its id or reference."""
    ledger = await wait_for_leaf(request, at_least)
    view = await asyncio.to_thread(read_service.incidents.incident, ledger, ref)
    return Response(view, headers={"ETag": f'"{view.version}"'})


@get("/incidents/{ref:str}/timeline", opt=READ, tags=TAGS, summary="An incident's timeline")
async def timeline(
    request: Request[Any, Any, Any],
    ref: FromPath[str],
    cursor: FromQuery[str | None] = None,
    limit: Limit = MAX_LIMIT,
    at_least: AtLeast = None,
) -> Items[TimelineEntry]:
    """The events of an incident, in log order."""
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(
        read_service.incidents.timeline, ledger, ref, cursor=cursor, limit=limit
    )


@get(
    "/events",
    opt=READ,
    tags=TAGS,
    summary="The exact stored events",
    media_type="application/x-ndjson",
)
async def events(
    request: Request[Any, Any, Any],
    first: Annotated[int, QueryParameter(name="from", ge=0, le=LAST_LEAF)] = 0,
    last: Annotated[int | None, QueryParameter(name="to", ge=0, le=LAST_LEAF)] = None,
    subject: FromQuery[str | None] = None,
    event_type: Annotated[str | None, QueryParameter(name="type")] = None,
    at_least: AtLeast = None,
) -> Stream:
    """Sealed events in log order, one a line; `from` and `to` are leaf indices, inclusive."""
    ledger = await wait_for_leaf(request, at_least)
    if subject is not None:
        subject = await asyncio.to_thread(_stream, ledger, subject)

    async def lines() -> AsyncIterator[bytes]:
        at = first
        while last is None or at <= last:
            count = EVENTS_PER_READ if last is None else min(EVENTS_PER_READ, last + 1 - at)
            entries = await asyncio.to_thread(ledger.store.read, at, count)
            if not entries:
                return
            chunk = b"".join(
                entry.stored + b"\n"
                for entry in entries
                if subject in {None, entry.stream} and event_type in {None, entry.type}
            )
            at = entries[-1].leaf + 1
            del entries
            if chunk:
                yield chunk

    return Stream(lines(), media_type="application/x-ndjson")


def _stream(ledger: Ledger, subject: str) -> str:
    """The stored form of a subject; an incident may be given by its reference. Blocking."""
    kind, _, ref = subject.partition("/")
    if kind != "incident":
        return subject
    try:
        return stream_id("incident", incident_id(ledger.store, ref))
    except NotFound:
        return subject


ROUTES = [incidents, incident, timeline, events]
