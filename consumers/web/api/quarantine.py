"""Quarantine over HTTP: entries with their reasons and bodies, retry and dismissal."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from consumers.intake import quarantine, quarantine_commands
from consumers.read_service import quarantine as shown
from consumers.read_service.items import Items
from consumers.read_service.list_types import QUARANTINE
from consumers.web.api.commands import RECORDED, decode_body
from consumers.web.api.exports import Asked, Format, Sort, answer
from consumers.web.api.queries import Limit
from consumers.web.api.schemas import with_body
from consumers.web.auth import caller_of, commander_of
from consumers.web.bodies import utf8_body
from consumers.web.services import services_of
from ledger.store.side_records import Quarantined, QuarantineState
from ledger.vocabulary import Scope

READ = {"scope": Scope.READ}
OPERATE = {"scope": Scope.OPERATE}


class Dismissal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an entry is dismissed."""

    reason: str


@get("/", opt=READ, summary="The quarantine's entries")
async def entries(
    request: Request[Any, Any, Any],
    entry_state: Annotated[QuarantineState | None, QueryParameter(name="state")] = None,
    source: Annotated[str | None, QueryParameter(description="Only of this source.")] = None,
    sort: Sort = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    form: Format = None,
) -> Items[Quarantined]:
    """Entries, newest first unless sorted otherwise; `state` and `source` filter.

    Each has only its short headers and its first parts; `parts_omitted` counts the others.
    """
    given = {"state": entry_state, "source": source}
    asked = Asked(sort, cursor, limit, None, form)
    listed: Items[Quarantined] = await answer(request, QUARANTINE, given, asked)
    return listed


@get("/{entry:str}", opt=READ, summary="One entry and the beginning of its body")
async def entry(request: Request[Any, Any, Any], entry: FromPath[str]) -> shown.QuarantineEntry:
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
    """The stored body of an entry, byte for byte, as a file."""
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


@post("/{entry:str}/retry", status_code=200, opt=OPERATE, summary="Process an entry again")
async def retry(request: Request[Any, Any, Any], entry: FromPath[str]) -> Response[Quarantined]:
    """Processes the entry's refused parts again, under their original arrival time.

    The headers Airledger-Recorded and Airledger-Repeats count its signals.
    """
    ledger = services_of(request.app.state).ledger
    caller = commander_of(caller_of(request))

    def run() -> Response[Quarantined]:
        outcome = quarantine_commands.retry(ledger.services, caller, entry, ledger.now())
        headers = {
            RECORDED: str(outcome.recorded),
            "Airledger-Repeats": str(outcome.repeats),
            "Airledger-Position": str(ledger.store.size() - 1),
        }
        return Response(shown.closed_entry(ledger.store, entry), headers=headers)

    return await asyncio.to_thread(run)


@post(
    "/{entry:str}/dismiss",
    status_code=200,
    opt=OPERATE,
    operation_class=with_body(Dismissal),
    summary="Dismiss an entry",
)
async def dismiss(request: Request[Any, Any, Any], entry: FromPath[str]) -> Quarantined:
    """Closes the entry, with a reason; the body that it holds stays kept."""
    ledger = services_of(request.app.state).ledger
    caller = commander_of(caller_of(request))
    dismissal = decode_body(Dismissal, await utf8_body(request), "dismissal")

    def run() -> Quarantined:
        quarantine_commands.dismiss(ledger.services, caller, entry, dismissal.reason, ledger.now())
        return shown.closed_entry(ledger.store, entry)

    return await asyncio.to_thread(run)


ROUTER = Router(
    "/v1/quarantine", route_handlers=[entries, entry, body, retry, dismiss], tags=["quarantine"]
)
