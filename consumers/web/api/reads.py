"""The record of reads over HTTP."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter

from consumers.read_service.items import Items
from consumers.read_service.reads import ReadView
from consumers.read_service.reads import reads as list_of_reads
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import Limit
from consumers.web.services import services_of
from ledger.vocabulary import Scope


@get("/reads", opt={"scope": Scope.ADMIN}, tags=["tokens"], summary="What was read, and by whom")
async def reads(
    request: Request[Any, Any, Any],
    day: FromQuery[str | None] = None,
    reader: Annotated[
        str | None,
        QueryParameter(description="Only those of this person, by name or id, or of this actor."),
    ] = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
) -> Items[ReadView]:
    """Reads of restricted incidents, exports and log-ins, the newest day first.

    Each is on record before the answer is sent. What the command line reads on the ledger's own
    host is not.
    """
    require_own(request, "the record of reads")
    ledger = services_of(request.app.state).ledger
    return await asyncio.to_thread(
        list_of_reads, ledger, day=day, reader=reader, cursor=cursor, limit=limit
    )


ROUTES = [reads]
