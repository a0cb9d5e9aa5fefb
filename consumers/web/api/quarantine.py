"""Quarantine over HTTP: what was set aside, why, and what to do with it."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from consumers.intake import quarantine, quarantine_retry
from consumers.read_service import quarantine as shown
from consumers.read_service.items import Items
from consumers.web.api.commands import decoded
from consumers.web.api.queries import Limit
from consumers.web.auth import caller_of
from consumers.web.bodies import text_of
from consumers.web.services import services_of
from ledger.store.side_records import Quarantined, QuarantineState
from ledger.vocabulary import Scope

READ = {"scope": Scope.READ}
OPERATE = {"scope": Scope.OPERATE}


class Dismissal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an entry is dismissed."""

    reason: str


@get("/", opt=READ, summary="What was set aside")
async def entries(
    request: Request[Any, Any, Any],
    entry_state: Annotated[QuarantineState | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
) -> Items[Quarantined]:
    """Entries, newest first; `state` narrows.

    Each comes without an event's and a record's own headers, and with its first parts alone;
    `parts_omitted` counts the others.
    """
    store = services_of(request.app.state).ledger.store
    return await asyncio.to_thread(
        shown.entries, store, state=entry_state, cursor=cursor, limit=limit
    )


@get("/{entry:str}", opt=READ, summary="One entry and the beginning of its body")
async def entry(request: Request[Any, Any, Any], entry: FromPath[str]) -> shown.Shown:
    """An entry by its id, with the first 64 KiB of its body.

    The body is compared with the digest of what arrived.
    """
    store = services_of(request.app.state).ledger.store
    return await asyncio.to_thread(shown.entry, store, entry)


@get(
    "/{entry:str}/body",
    opt=READ,
    media_type="application/octet-stream",
    summary="The kept body of an entry",
)
async def body(request: Request[Any, Any, Any], entry: FromPath[str]) -> Response[bytes]:
    """What is kept of an entry's body, byte for byte, as a file."""
    store = services_of(request.app.state).ledger.store

    def run() -> bytes:
        return quarantine.body_for_download(store, quarantine.find(store, entry)).content

    return Response(
        await asyncio.to_thread(run),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
        },
    )


@post("/{entry:str}/retry", status_code=200, opt=OPERATE, summary="Take it once more")
async def retry(request: Request[Any, Any, Any], entry: FromPath[str]) -> Quarantined:
    """Takes the entry's refused parts again, under their original arrival time."""
    ledger = services_of(request.app.state).ledger
    actor = caller_of(request).actor

    def run() -> Quarantined:
        quarantine_retry.retry(ledger.store, ledger.executor, entry, actor=actor, now=ledger.now())
        return shown.without_more(quarantine.find(ledger.store, entry))

    return await asyncio.to_thread(run)


@post("/{entry:str}/dismiss", status_code=200, opt=OPERATE, summary="Close it for a reason")
async def dismiss(request: Request[Any, Any, Any], entry: FromPath[str]) -> Quarantined:
    """Closes the entry; its body stays kept. The body is {"reason": ...}."""
    ledger = services_of(request.app.state).ledger
    actor = caller_of(request).actor
    dismissal = decoded(Dismissal, await text_of(request), "dismissal")

    def run() -> Quarantined:
        quarantine_retry.dismiss(
            ledger.store,
            ledger.executor,
            entry,
            actor=actor,
            reason=dismissal.reason,
            now=ledger.now(),
        )
        return shown.without_more(quarantine.find(ledger.store, entry))

    return await asyncio.to_thread(run)


ROUTER = Router(
    "/v1/quarantine", route_handlers=[entries, entry, body, retry, dismiss], tags=["quarantine"]
)
