"""The pages of a standard, with its coverage clause by clause, and of a control."""

import asyncio
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.access.people import display_names
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.control_coverage import COVERED
from consumers.read_service.controls import standard_coverage, systems_in_scope
from consumers.read_service.stream_references import stream_references
from consumers.read_service.streams import whole_stream
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.rendering import POLICY_PAGE, frame_of, page
from ledger.domain.control import CONTROL, Control
from ledger.domain.evidence import EVIDENCE
from ledger.domain.standard import STANDARD, Standard
from ledger.domain.text import plain_text
from ledger.vocabulary import Scope
from projections.values import time_text

READ = {"scope": Scope.READ}
MANY = 10
"""Of so many systems each is shown; of more, those that do not cover the clause."""


@get("/standards/{ref:str}", opt=READ, name="page_standard")
async def standard(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One standard: what it is, how far it is covered, its forms and its timeline."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        subject = stream_named(ledger.store, STANDARD, ref)
        system = request.query_params.get("system") or None
        found = standard_coverage(ledger, str(subject), system)
        state, view, timeline = whole_stream(ledger, STANDARD, subject)
        concern = acting.concern_for(request, STANDARD, subject)
        forms = acting.forms_for(request, STANDARD, view.reference, view.version, concern=concern)
        forms = () if state.withdrawn else forms
        return page(
            frame_of(request),
            "standard.html",
            standard=state,
            stream=view,
            found=found,
            system=found.systems[0] if system else None,
            scope=systems_in_scope(ledger, state),
            summary=plain_text(state.summary),
            changed_at=_time(state, "changed_at"),
            in_force_from=_time(state, "in_force_from"),
            covered=COVERED,
            many=MANY,
            policy=POLICY_PAGE,
            assesses=_assesses(request),
            forms=forms,
            wanted=acting.wanted_form(request, forms),
            timeline=timeline.items,
        )

    return await asyncio.to_thread(run)


class OwedView(NamedTuple):
    """A re-assessment that is open; times are RFC 3339 in UTC."""

    standard: str
    by: str
    leaf: int
    late: bool


@get("/controls/{ref:str}", opt=READ, name="page_control")
async def control(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One control: what it came to, what is owed, and its timeline."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        subject = stream_named(ledger.store, CONTROL, ref)
        state, view, timeline = whole_stream(ledger, CONTROL, subject)
        policy, now = policy_in_force(ledger.store), ledger.now()
        return page(
            frame_of(request),
            "control.html",
            control=state,
            stream=view,
            known=policy.controls.get(state.control),
            labels={name: each.label for name, each in policy.standards.items()},
            stands=state.status_at(now),
            owed=[
                OwedView(each.standard, time_text(each.by), each.leaf, each.by <= now)
                for each in state.owed
            ],
            person=_person(ledger, state),
            notes=plain_text(state.notes),
            evidence=_evidence(ledger, state),
            assessed_at=_time(state, "assessed_at"),
            until=_time(state, "until"),
            assesses=_assesses(request),
            timeline=timeline.items,
        )

    return await asyncio.to_thread(run)


def _assesses(request: Request[Any, Any, Any]) -> bool:
    """Whether the visitor may send assessments."""
    return bool(acting.opening_title(request, CONTROL))


def _evidence(ledger: Ledger, state: Control) -> list[str]:
    """The references of what backs the assessment."""
    streams = [EVIDENCE.stream(UUID(each)) for each in state.evidence]
    known = stream_references(ledger, streams)
    return [known[each] for each in streams]


def _person(ledger: Ledger, state: Control) -> str:
    return display_names(ledger.store).get(state.person, state.person)


def _time(state: Standard | Control, name: str) -> str | None:
    at = getattr(state, name)
    return None if at is None else time_text(at)


ROUTES = (standard, control)
