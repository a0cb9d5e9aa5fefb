"""The page of a person: what is held, and the form that erases it."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from consumers.commands.erasing import Erasure, erase
from consumers.commands.filling import filled
from consumers.commands.permission import permits_of
from consumers.read_service.person_data import person_data
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.auth import Caller, caller_of, commander_of
from consumers.web.pages.acting import wanted_form, wanted_leaf
from consumers.web.pages.forms import Form, form_for
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
from ledger.domain.command import Command
from ledger.domain.command_names import COMMANDS, ERASE
from ledger.domain.concern import Concern
from ledger.vocabulary import ErasureReason, Scope


class PersonErasure(Command, frozen=True, kw_only=True):
    """All that this person wrote, and the name, becomes unreadable. This cannot be undone."""

    reason: Annotated[ErasureReason, Meta(description="Why: a code, for words would stay.")]


@get("/persons/{person:str}", opt={"scope": Scope.ADMIN})
async def held(request: Request[Any, Any, Any], person: FromPath[str]) -> Response[bytes]:
    """What is held of a person, and the form that erases it."""
    ledger = await wait_for_leaf(request, wanted_leaf(request))
    caller = caller_of(request)

    def run() -> Response[bytes]:
        found = person_data(ledger, f"person/{person}")
        permits = permits_of(ledger.store, commander_of(caller), ledger.now())
        own = _form(person)._replace(hidden=hidden_fields(request, ""))
        forms = (own,) if permits.may(ERASE, Concern()) else ()
        return page(
            frame_of(request),
            "person.html",
            held=found,
            forms=forms,
            open=wanted_form(request, forms),
            two_people=permits.guards.access.two_people,
        )

    return await asyncio.to_thread(run)


def _form(person: str) -> Form:
    return form_for(
        PersonErasure,
        "erase",
        title="Erase this person",
        action=f"/persons/{person}/erase",
        scope=COMMANDS[ERASE].scope,
    )


@post(
    "/persons/{person:str}/erase",
    opt={"scope": COMMANDS[ERASE].scope, "form": True},
    request_max_body_size=FORM_BYTES,
    name="form_person_erase",
)
async def erasing(request: Request[Any, Any, Any], person: FromPath[str]) -> Response[bytes]:
    """Erases the person, or proposes it to a second one."""
    ledger = services_of(request.app.state).ledger
    path = f"/persons/{person}"

    def blank() -> FormPage:
        return FormPage(_form(person), (path, "Person"))

    def run(typed: Mapping[str, str], caller: Caller) -> Sent:
        body = Erasure(person=f"person/{person}", reason=filled(PersonErasure, typed).reason)
        recorded = erase(ledger.services, commander_of(caller), body)
        return Sent(path, f"at_least={recorded.position}")

    return await submit(request, Submission(COMMANDS[ERASE].scope, blank, run))


ROUTES: list[HTTPRouteHandler] = [held, erasing]
