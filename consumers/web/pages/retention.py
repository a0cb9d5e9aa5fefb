"""The page of incidents whose texts are due to be erased, and the form that erases them."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from consumers.commands.erasing import Erasure, erase
from consumers.commands.filling import filled
from consumers.commands.permission import permits_of
from consumers.commands.policy_history import policy_in_force
from consumers.read_service.retention import due_erasures
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.auth import Caller, caller_of, commander_of
from consumers.web.pages.acting import wanted_form, wanted_leaf
from consumers.web.pages.forms import Form, form_for
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.submitting import (
    FORM_BYTES,
    FormPage,
    Sent,
    Submission,
    hidden_fields,
    submit,
)
from consumers.web.services import services_of
from ledger.domain.command import Command, Name
from ledger.domain.command_names import COMMANDS, ERASE
from ledger.domain.concern import Concern
from ledger.vocabulary import ErasureReason, Scope

LIST = ListSpec(path="/retention", name="The list of what is due to be erased", filters={})
_BACK = ("/retention", "Retention")


class IncidentErasure(Command, frozen=True, kw_only=True):
    """Every text that somebody wrote in one incident becomes unreadable. This cannot be undone."""

    incident: Annotated[Name, Meta(description="Its reference, such as INC-7.")]
    reason: Annotated[ErasureReason, Meta(description="Why: a code, for words would stay.")]


@get("/retention", opt={"scope": Scope.ADMIN})
async def retention(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What ended longer ago than the policy keeps its texts."""
    ledger = await wait_for_leaf(request, wanted_leaf(request))
    caller = caller_of(request)

    def run() -> Response[bytes]:
        params = list_params(LIST, request.query_params)
        found = due_erasures(ledger, cursor=params.cursor, limit=params.limit)
        permits = permits_of(ledger.store, commander_of(caller), ledger.now())
        own = _form()._replace(hidden=hidden_fields(request, ""))
        forms = (own,) if permits.may(ERASE, Concern()) else ()
        return page(
            frame_of(request),
            "retention.html",
            params=params,
            due=found.items,
            next=found.next,
            kept=policy_in_force(ledger.store).retention.incidents,
            forms=forms,
            open=wanted_form(request, forms),
        )

    return await asyncio.to_thread(run)


def _form() -> Form:
    return form_for(
        IncidentErasure,
        "erase",
        title="Erase the texts of an incident",
        action="/retention/erase",
        scope=COMMANDS[ERASE].scope,
    )


@post(
    "/retention/erase",
    opt={"scope": COMMANDS[ERASE].scope, "form": True},
    request_max_body_size=FORM_BYTES,
    name="form_incident_erase",
)
async def erasing(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Erases the texts of an incident, or proposes it to a second person."""
    ledger = services_of(request.app.state).ledger

    def blank() -> FormPage:
        return FormPage(_form(), _BACK)

    def run(typed: Mapping[str, str], caller: Caller) -> Sent:
        given = filled(IncidentErasure, typed)
        body = Erasure(incident=given.incident, reason=given.reason)
        recorded = erase(ledger.services, commander_of(caller), body)
        return Sent("/retention", f"at_least={recorded.position}")

    return await submit(request, Submission(COMMANDS[ERASE].scope, blank, run))


ROUTES: list[HTTPRouteHandler] = [retention, erasing]
