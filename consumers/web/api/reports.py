"""RCA clocks, monthly counts, reviews and alerts, as JSON."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter

from consumers.read_service.alerts import AlertView
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.items import Items
from consumers.read_service.list_types import ALERTS, COUNTS, RCA, REVIEWS
from consumers.read_service.rca import RcaClock
from consumers.web.api.exports import Asked, Format, Sort, answer
from consumers.web.api.queries import (
    READ,
    TAGS,
    AtLeast,
    From,
    Limit,
    Month,
    Owner,
    Search,
    To,
)
from ledger.vocabulary import AlertState, RcaState, ReviewState, Severity, Status

Cursor = FromQuery[str | None]
SYSTEM = Annotated[str | None, QueryParameter(description="Only of this system.")]


@get("/rca", opt=READ, tags=TAGS, summary="The RCA clocks")
async def rca(
    request: Request[Any, Any, Any],
    rca_state: Annotated[RcaState | None, QueryParameter(name="state")] = None,
    system: SYSTEM = None,
    month: Month = None,
    status: FromQuery[Status | None] = None,
    severity: FromQuery[Severity | None] = None,
    incident: Annotated[
        str | None, QueryParameter(description="Only that of this incident: id or reference.")
    ] = None,
    owner: Owner = None,
    first: From = None,
    last: To = None,
    q: Search = None,
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[RcaClock]:
    """The RCA clocks with their state now; the earliest due first unless sorted otherwise.

    `from` and `to` limit the detection. `sort=owed` lists those whose RCA is still owed first.
    """
    given = {
        "state": rca_state,
        "system": system,
        "month": month,
        "status": status,
        "severity": severity,
        "incident": incident,
        "owner": owner,
        "from": first,
        "to": last,
        "q": q,
    }
    asked = Asked(sort, cursor, limit, at_least, form)
    listed: Items[RcaClock] = await answer(request, RCA, given, asked)
    return listed


@get("/counts", opt=READ, tags=TAGS, summary="The monthly counts")
async def counts(
    request: Request[Any, Any, Any],
    month: Month = None,
    system: SYSTEM = None,
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[Count]:
    """The number of counted incidents of each system and month.

    The newest month first unless sorted otherwise.
    """
    given = {"month": month, "system": system}
    asked = Asked(sort, cursor, limit, at_least, form)
    listed: Items[Count] = await answer(request, COUNTS, given, asked)
    return listed


@get("/reviews", opt=READ, tags=TAGS, summary="The reviews that were launched")
async def reviews(
    request: Request[Any, Any, Any],
    month: Month = None,
    system: SYSTEM = None,
    review_state: Annotated[ReviewState | None, QueryParameter(name="state")] = None,
    owner: Owner = None,
    first: From = None,
    last: To = None,
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[ReviewView]:
    """Each review: its launch, its state now, and the month's count now; the newest first.

    `from` and `to` limit the launch.
    """
    given = {
        "month": month,
        "system": system,
        "state": review_state,
        "owner": owner,
        "from": first,
        "to": last,
    }
    asked = Asked(sort, cursor, limit, at_least, form)
    listed: Items[ReviewView] = await answer(request, REVIEWS, given, asked)
    return listed


@get("/alerts", opt=READ, tags=TAGS, summary="The alerts")
async def alerts(
    request: Request[Any, Any, Any],
    alert_state: Annotated[AlertState | None, QueryParameter(name="state")] = None,
    system: SYSTEM = None,
    source: Annotated[str | None, QueryParameter(description="A source's name.")] = None,
    severity: FromQuery[Severity | None] = None,
    incident: Annotated[
        str | None, QueryParameter(description="Ever linked to this incident: id or reference.")
    ] = None,
    first: From = None,
    last: To = None,
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[AlertView]:
    """Every alert with the state of its newest episode; the one with the newest event first.

    `from` and `to` limit the start of the newest episode.
    """
    given = {
        "state": alert_state,
        "system": system,
        "source": source,
        "severity": severity,
        "incident": incident,
        "from": first,
        "to": last,
    }
    asked = Asked(sort, cursor, limit, at_least, form)
    listed: Items[AlertView] = await answer(request, ALERTS, given, asked)
    return listed


ROUTES = [rca, counts, reviews, alerts]
