"""The stream that tells pages when to refresh."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from consumers.web.auth import caller_of
from consumers.web.pages.rendering import NO_SNIFFING
from consumers.web.services import services_of
from ledger.vocabulary import Scope

HEADERS = {**NO_SNIFFING, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""nginx passes each event on at once by the last one."""


@get("/events/updates", opt={"scope": Scope.READ})
async def updates(request: Request[Any, Any, Any]) -> Response[Any]:
    """Server-sent events: the position of the read models; 204 where there are too many streams."""
    streams, caller = services_of(request.app.state).updates, caller_of(request).key
    if not streams.has_room(caller):
        return Response(b"", status_code=204, headers=HEADERS)
    return Stream(streams.stream(caller), media_type="text/event-stream", headers=HEADERS)
