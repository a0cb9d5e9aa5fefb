"""The policy over HTTP: the one in force, its history, and its replacement."""

import asyncio
import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromQuery
from litestar.status_codes import HTTP_202_ACCEPTED

from consumers.access.people import display_names
from consumers.commands.policy_history import (
    Adoption,
    PolicyView,
    Proposed,
    adoption_in_force,
    adoption_of,
    adoptions,
    policy_view,
    proposal_of,
    proposals,
)
from consumers.read_service.items import Items
from consumers.web.api.commands import RECORDED, decode_body, if_match_of
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, Limit
from consumers.web.api.schemas import with_body
from consumers.web.auth import caller_of, commander_of
from consumers.web.bodies import utf8_body
from consumers.web.services import services_of
from ledger.domain.policy import MOST_REASON, AdoptPolicy, PolicyAdopted
from ledger.errors import Invalid
from ledger.execute import AdoptPolicyRequest, Outcome
from ledger.policy import digest
from ledger.store.port import Store
from ledger.vocabulary import Scope
from projections.queries.paging import decode_cursor, encode_cursor

TAGS = ["policy"]
_TAG = re.compile(r"[\x21\x23-\x7e]{1,200}")


class NewPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policy to adopt, as TOML, and why."""

    text: str
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_REASON)]


@get("/policy", opt=READ, tags=TAGS, summary="The policy in force")
async def policy(request: Request[Any, Any, Any]) -> Response[PolicyView]:
    """Its text, its digest and when it was adopted. The ETag is its digest."""
    store = services_of(request.app.state).ledger.store
    return await asyncio.to_thread(lambda: _shown(store, adoption_in_force(store), {}))


@get("/policy/history", opt=READ, tags=TAGS, summary="Every policy and what it changed")
async def history(
    request: Request[Any, Any, Any],
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
) -> Items[Adoption]:
    """Adoptions, newest first, each with its difference to the one before it."""
    require_own(request, "the policy's history")
    store = services_of(request.app.state).ledger.store

    def run() -> Items[Adoption]:
        names = display_names(store)
        before = None if cursor is None else int(*decode_cursor("history", cursor, [int]))
        found = adoptions(store, names, before=before, most=limit + 1)
        more = len(found) > limit
        behind = encode_cursor("history", [found[limit - 1].version]) if more else None
        return Items(items=found[:limit], next=behind)

    return await asyncio.to_thread(run)


@get("/policy/proposals", opt=READ, tags=TAGS, summary="The policies that wait")
async def waiting(request: Request[Any, Any, Any]) -> Items[Proposed]:
    """The policies that wait for a second person, oldest first, with what each changes."""
    store = services_of(request.app.state).ledger.store

    def run() -> Items[Proposed]:
        return Items(items=proposals(store, display_names(store)))

    return await asyncio.to_thread(run)


@post(
    "/policy",
    opt={"scope": Scope.ADMIN},
    tags=TAGS,
    status_code=200,
    operation_class=with_body(NewPolicy),
    summary="Adopt a policy",
)
async def adopt(request: Request[Any, Any, Any]) -> Response[PolicyView]:
    """Puts a policy in force; does nothing if it is in force already.

    With If-Match (the ETag of a policy) it replaces only that policy. Where the policy asks for
    two people, the answer is 202 until a second person posts the same text.
    """
    ledger = services_of(request.app.state).ledger
    body = decode_body(NewPolicy, await utf8_body(request), "policy")
    expect = if_match_of(request, _TAG, "sha256:...")
    context = ledger.services.context(caller_of(request).actor)
    asker = commander_of(caller_of(request)).asker

    def run() -> Response[PolicyView]:
        command = AdoptPolicy(text=body.text, reason=body.reason, expect=expect)
        try:
            adopting = AdoptPolicyRequest(command=command, asker=asker)
            outcome = ledger.executor.execute(adopting, context)
        except Invalid as error:
            raise _in_text(error) from error
        if not outcome.done:
            return _waiting(ledger.store, digest(body.text), outcome)
        leaf, adopted = adoption_of(ledger.store, digest(body.text))
        recorded = {RECORDED: str(int(outcome.events > 0))}
        return _shown(ledger.store, adopted, {"Airledger-Position": str(leaf), **recorded})

    return await asyncio.to_thread(run)


def _shown(store: Store, adopted: PolicyAdopted, headers: dict[str, str]) -> Response[PolicyView]:
    view = policy_view(store, adopted)
    return Response(view, headers={"ETag": f'"{adopted.digest}"', **headers})


def _waiting(store: Store, digest: str, outcome: Outcome) -> Response[PolicyView]:
    """The answer of a policy that waits for a second person: it is not in force."""
    of = proposal_of(store, digest)
    view = PolicyView(digest=of.digest, text=of.text, adopted_at="", reason=of.reason)
    headers = {
        "Airledger-Position": str(outcome.position),
        RECORDED: str(int(outcome.events > 0)),
    }
    return Response(view, status_code=HTTP_202_ACCEPTED, headers=headers)


def _in_text(error: Invalid) -> Invalid:
    """The same error, with `text` as the field of errors of the whole text."""
    faults = [(path or "text", fault) for path, fault in error.errors]
    return Invalid(error.message, errors=faults, remedy=error.remedy)


ROUTES = [policy, history, waiting, adopt]
