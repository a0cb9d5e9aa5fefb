"""Quarantine over HTTP: what was set aside, why, and what to do with it."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, QueryParameter

from consumers.reporting.items import Items
from consumers.signals import quarantine
from consumers.web.api.commands import decoded
from consumers.web.auth import caller_of
from consumers.web.bodies import text_of
from consumers.web.services import services_of
from ledger.store.records import Quarantined, QuarantineState
from ledger.vocabulary import Scope

READ = {"scope": Scope.READ}
OPERATE = {"scope": Scope.OPERATE}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its kept body; bytes that are no UTF-8 show as U+FFFD.

    `warning` says where that is not what arrived, by its digest, or not all of it. Else it is
    empty.
    """

    entry: Quarantined
    body: str
    warning: str


class Dismissal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an entry is dismissed."""

    reason: str


@get("/", opt=READ, summary="What was set aside")
async def entries(
    request: Request[Any, Any, Any],
    entry_state: Annotated[QuarantineState | None, QueryParameter(name="state")] = None,
) -> Items[Quarantined]:
    """Every entry with its reasons; `state` narrows."""
    store = services_of(request.app.state).ledger.store
    items = await asyncio.to_thread(store.quarantine, state=entry_state)
    return Items(items=items)


@get("/{entry:str}", opt=READ, summary="One entry and its body")
async def entry(request: Request[Any, Any, Any], entry: FromPath[str]) -> Entry:
    """An entry by its id, with its body, which is compared with the digest of what arrived."""
    store = services_of(request.app.state).ledger.store

    def run() -> Entry:
        found = quarantine.find(store, entry)
        body = quarantine.kept_body(store, found)
        content = body.content.decode(errors="replace")
        return Entry(entry=found, body=content, warning=body.warning)

    return await asyncio.to_thread(run)


@post("/{entry:str}/retry", status_code=200, opt=OPERATE, summary="Take it once more")
async def retry(request: Request[Any, Any, Any], entry: FromPath[str]) -> Quarantined:
    """Takes the entry's refused parts again, under their original arrival time."""
    ledger = services_of(request.app.state).ledger
    actor = caller_of(request).actor

    def run() -> Quarantined:
        quarantine.retry(ledger.store, ledger.executor, entry, actor=actor, now=ledger.now())
        return quarantine.find(ledger.store, entry)

    return await asyncio.to_thread(run)


@post("/{entry:str}/dismiss", status_code=200, opt=OPERATE, summary="Close it for a reason")
async def dismiss(request: Request[Any, Any, Any], entry: FromPath[str]) -> Quarantined:
    """Closes the entry; its body stays kept. The body is {"reason": ...}."""
    ledger = services_of(request.app.state).ledger
    actor = caller_of(request).actor
    dismissal = decoded(Dismissal, await text_of(request), "dismissal")

    def run() -> Quarantined:
        quarantine.dismiss(
            ledger.store,
            ledger.executor,
            entry,
            actor=actor,
            reason=dismissal.reason,
            now=ledger.now(),
        )
        return quarantine.find(ledger.store, entry)

    return await asyncio.to_thread(run)


ROUTER = Router(
    "/v1/quarantine", route_handlers=[entries, entry, retry, dismiss], tags=["quarantine"]
)
