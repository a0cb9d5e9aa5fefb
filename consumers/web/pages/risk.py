"""The page of one risk with its forms, and the page of the movement between two days."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.commands.policy_history import policy_in_force
from consumers.read_service.choices import own_risk_choices
from consumers.read_service.risk_movement import movement
from consumers.read_service.risk_page import RiskPage, risk_page
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.forms import Form
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.risk_list import shades
from consumers.web.pages.submitting import caller_in
from consumers.web.reader import read_ledger
from ledger.domain.risk import RISK, Risk, RiskAcceptance, RiskStatus, Treatment
from ledger.vocabulary import Scope
from projections.queries.lists import filter_choices
from projections.risks import RISKS
from projections.values import time_text

READ = {"scope": Scope.READ}
MOVEMENT = ListSpec(
    path="/risks/movement",
    name="The movement of risks",
    filters={"since": None, "until": None, "system": None},
    labels={},
)


@get("/risks/{ref:str}", opt=READ, name="page_risk")
async def risk(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One risk, from its stream, judged by the policy in force."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        found = risk_page(ledger, ref)
        subject = UUID(found.stream.id)
        concern = acting.concern_for(request, RISK, subject)
        reference, version = found.stream.reference, found.stream.version
        choices = own_risk_choices(ledger, subject)
        forms = acting.forms_for(request, RISK, reference, version, choices, concern)
        fitting = tuple(_fitting(request, forms, found))
        return page(
            frame_of(request),
            "risk.html",
            found=found,
            risk=found.state,
            forms=fitting,
            wanted=acting.wanted_form(request, fitting) or found.next,
            only_for=acting.only_for(request, RISK, found.next, concern, forms),
            in_person=_in_person(request),
            shades=shades(policy_in_force(ledger.store).risks),
            now=time_text(ledger.now()),
        )

    return await asyncio.to_thread(run)


@get("/risks/movement", opt=READ, name="page_risk_movement")
async def moved(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How risks moved between two days."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        params = list_params(MOVEMENT, request.query_params)
        systems, complete = filter_choices(ledger.views, RISKS, "system")
        return page(
            frame_of(request),
            "risk_movement.html",
            params=params,
            system=params.field("system", systems, complete=complete),
            movement=movement(
                ledger,
                **params.filters,
                only_changed=True,
                cursor=params.cursor,
                limit=params.limit,
            ),
            shades=shades(policy_in_force(ledger.store).risks),
        )

    return await asyncio.to_thread(run)


def _in_person(request: Request[Any, Any, Any]) -> bool:
    """Whether the visitor has a person's own session, as an acceptance needs."""
    caller = caller_in(request)
    return caller is not None and caller.by.is_person


def _fitting(
    request: Request[Any, Any, Any], forms: tuple[Form, ...], found: RiskPage
) -> Iterator[Form]:
    """The forms that the risk takes as it stands."""
    in_person = _in_person(request)
    for form in forms:
        if RISK.commands[form.name].needs_person and not in_person:
            continue
        if _fits(form.name, found.state, found.acceptance) and form.possible:
            yield form


def _fits(command: str, state: Risk, acceptance: RiskAcceptance) -> bool:
    """Whether a risk may take a command, as it stands."""
    if state.status is RiskStatus.CLOSED:
        return command == "reopen"
    match command:
        case "reopen":
            return False
        case "complete-treatment":
            of = state.treatment
            return (
                of is not None and of.treatment is not Treatment.ACCEPT and of.completed_at is None
            )
        case "accept":
            return state.current is not None and acceptance is RiskAcceptance.REQUESTED
        case "withdraw-acceptance":
            return acceptance in {RiskAcceptance.REQUESTED, RiskAcceptance.HOLDS}
        case "unlink":
            return bool(state.links)
        case _:
            return True


ROUTES = [risk, moved]
