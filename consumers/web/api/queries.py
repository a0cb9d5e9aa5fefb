"""Queries: the register, its timelines and the raw events, as JSON."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from consumers import read_service
from consumers.access.tokens import TokenView
from consumers.read_service.events import Selection, selected_events
from consumers.read_service.incident_views import IncidentDetail, IncidentView, NamedIncident
from consumers.read_service.incidents import references_of
from consumers.read_service.items import Items
from consumers.read_service.list_types import INCIDENTS, timeline_list
from consumers.read_service.streams import TimelineEntry
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.exports import Asked, Format, Sort, answer
from consumers.web.api.parameters import require_own
from consumers.web.auth import caller_of
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import Invalid, NotFound
from ledger.store.port import Store
from ledger.vocabulary import MONTH, Impact, Scope, Severity, Status, YesNo
from projections.queries.paging import MAX_LIMIT

READ = {"scope": Scope.READ}
READ_OR_REPORT = {"scope": (Scope.READ, Scope.REPORT)}
TAGS = ["queries"]
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
Owner = Annotated[
    str | None, QueryParameter(description="The owner's name; none for those without an owner.")
]
From = Annotated[
    str | None,
    QueryParameter(
        name="from", description="Not before this date (a day in UTC) or time (RFC 3339)."
    ),
]
To = Annotated[
    str | None,
    QueryParameter(name="to", description="Not after this date (a day in UTC) or time (RFC 3339)."),
]
Search = Annotated[
    str | None,
    QueryParameter(
        name="q",
        description="Words that all have to occur in title, description, system, external id or "
        "reference; each matches the beginning of a word.",
    ),
]


@get("/incidents", opt=READ, tags=TAGS, summary="The incident register")
async def incidents(
    request: Request[Any, Any, Any],
    system: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    severity: FromQuery[Severity | None] = None,
    status: FromQuery[Status | None] = None,
    month: Month = None,
    impact: FromQuery[Impact | None] = None,
    near_miss: FromQuery[YesNo | None] = None,
    triage: FromQuery[YesNo | None] = None,
    untold: FromQuery[YesNo | None] = None,
    owner: Owner = None,
    first: From = None,
    last: To = None,
    q: Search = None,
    sort: Sort = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[IncidentView]:
    """Incidents that match every filter; newest detection first unless sorted otherwise.

    `impact` excludes merged incidents: theirs is that of the incident they were merged into.
    `category` is the category or the secondary one, of a policy that is or was in force.
    `near_miss` are those that did no harm, `triage` open ones without a severity or a category,
    `untold` open ones of which the policy in force would tell, and of which nobody was told.
    """
    given = {
        "system": system,
        "category": category,
        "severity": severity,
        "status": status,
        "month": month,
        "impact": impact,
        "near_miss": near_miss,
        "triage": triage,
        "untold": untold,
        "owner": owner,
        "from": first,
        "to": last,
        "q": q,
    }
    asked = Asked(sort, cursor, limit, at_least, form)
    listed: Items[IncidentView] = await answer(request, INCIDENTS, given, asked)
    return listed


@get("/incidents/{ref:str}", opt=READ, tags=TAGS, summary="One incident")
async def incident(
    request: Request[Any, Any, Any], ref: FromPath[str], at_least: AtLeast = None
) -> Response[IncidentDetail]:
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
    form: Format = None,
) -> Items[TimelineEntry]:
    """The events of an incident, in log order."""
    asked = Asked(None, cursor, limit, at_least, form)
    listed: Items[TimelineEntry] = await answer(request, timeline_list(INCIDENT, ref), {}, asked)
    return listed


@get(
    "/events",
    opt={"scope": Scope.AUDIT},
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
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    at_least: AtLeast = None,
) -> Stream:
    """Sealed events in log order, one a line; `from` and `to` are leaf indices, inclusive.

    `since` and `until` are times of recording (RFC 3339, with their offset), inclusive. At a sealed
    event that is missing from the store the answer is an error, or breaks off.
    """
    require_own(request, "the events")
    for name, time in (("since", since), ("until", until)):
        if time is not None and time.tzinfo is None:
            raise Invalid(
                f"{name} has no offset.",
                errors=[(name, "expected a time with its offset, such as 2026-11-23T09:30:00Z")],
            )
    ledger = await wait_for_leaf(request, at_least)
    selected = Selection(first, last, subject, event_type, since, until)
    waiting, chunks = await asyncio.to_thread(_started, ledger.store, selected)

    async def lines() -> AsyncIterator[bytes]:
        """While the reader takes nothing, one part is in memory, once."""
        while waiting:
            if part := waiting.pop():
                yield part
            del part
            waiting.extend(await asyncio.to_thread(_following, chunks))

    return Stream(lines(), media_type="application/x-ndjson")


@get("/references", opt=READ, tags=TAGS, summary="The references of incidents")
async def references(
    request: Request[Any, Any, Any],
    incident: Annotated[
        list[str], QueryParameter(min_items=1, max_items=100, description="An id; again for more.")
    ],
    at_least: AtLeast = None,
) -> Items[NamedIncident]:
    """The references of incidents by their ids; those that are not in the register are left out."""
    ledger = await wait_for_leaf(request, at_least)
    found = await asyncio.to_thread(references_of, ledger, incident)
    return Items(items=[NamedIncident(id=of, reference=text) for of, text in found.items()])


@get(
    "/token",
    opt=READ_OR_REPORT,
    tags=TAGS,
    summary="The token of the request",
)
async def token(request: Request[Any, Any, Any]) -> TokenView:
    """Whose token came with the request, and what it may do."""
    caller = caller_of(request)
    return TokenView(name=caller.name, scope=caller.scope, kind=caller.kind)


def _started(store: Store, selected: Selection) -> tuple[list[bytes], Iterator[list[bytes]]]:
    """The first lines and the events that follow. Raises Fork for a missing one. Blocking."""
    try:
        chunks = selected_events(store, selected)
    except NotFound:
        chunks = iter(())
    return _following(chunks), chunks


def _following(chunks: Iterator[list[bytes]]) -> list[bytes]:
    """The next lines as one part, which is empty where none is selected; no part at the end."""
    return [b"".join(stored + b"\n" for stored in chunk) for chunk in islice(chunks, 1)]


ROUTES = [incidents, incident, timeline, events, references, token]
