"""The page of one AI system: where it stands, what is open, its forms and its timeline."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.controls import system_controls
from consumers.read_service.lists import ListItem, list_items
from consumers.read_service.objectives import objectives
from consumers.read_service.production import production
from consumers.read_service.streams import whole_stream
from consumers.read_service.system_facts import system_facts
from consumers.read_service.system_risks import system_risks
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.risk_list import shades
from ledger.domain.control import CONTROL
from ledger.domain.release import RELEASE
from ledger.domain.risk import RISK
from ledger.domain.system import SYSTEM, System
from ledger.vocabulary import Scope
from projections.evidence import EVIDENCE, LIST
from projections.releases import LIST as RELEASE_LIST
from projections.releases import RELEASES
from projections.values import time_text

MOST_EVIDENCE = 10
"""So many pieces of its evidence are shown."""
MOST_RELEASES = 10
"""So many of its releases are shown."""
STILL_TAKEN = frozenset({"alias/remove"})
"""What a retired system still takes."""


@get("/systems/{ref:str}", opt={"scope": Scope.READ}, name="page_system")
async def system(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One system, from its stream; what carries one of its names is of the read models."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        subject = stream_named(ledger.store, SYSTEM, ref)
        state, view, timeline = whole_stream(ledger, SYSTEM, subject)
        concern = acting.concern_for(request, SYSTEM, subject)
        forms = acting.forms_for(request, SYSTEM, view.reference, view.version, concern=concern)
        fitting = tuple(form for form in forms if _fits(form.name, state))
        return page(
            frame_of(request),
            "system.html",
            system=state,
            stream=view,
            facts=system_facts(ledger, state),
            objectives=[] if state.retired else objectives(ledger, system=state.system),
            evidence=_evidence(ledger, state.system),
            controls=system_controls(ledger, str(subject)),
            assesses=not state.retired and bool(acting.opening_title(request, CONTROL)),
            runs=production(ledger, ref),
            releases=_releases(ledger, state.system),
            risks=system_risks(ledger, state.system),
            shades=shades(policy_in_force(ledger.store).risks),
            identifies=not state.retired and acting.opening_title(request, RISK),
            proposes=not state.retired and acting.opening_title(request, RELEASE),
            now=time_text(ledger.now()),
            forms=fitting,
            wanted=acting.wanted_form(request, fitting),
            timeline=timeline.items,
            until=time_text(state.classified_until) if state.classified_until else None,
        )

    return await asyncio.to_thread(run)


def _evidence(ledger: Ledger, system: str) -> list[ListItem]:
    """The newest evidence about a system."""
    return list_items(ledger, EVIDENCE, LIST, {"system": system}, limit=MOST_EVIDENCE).items


def _releases(ledger: Ledger, system: str) -> list[ListItem]:
    """Its newest releases."""
    return list_items(ledger, RELEASES, RELEASE_LIST, {"system": system}, limit=MOST_RELEASES).items


def _fits(command: str, state: System) -> bool:
    """Whether a system may take a command, as it stands."""
    if state.retired:
        return command in STILL_TAKEN and bool(state.aliases)
    if command == "dependency/remove":
        return bool(state.depends_on)
    return command != "alias/remove" or bool(state.aliases)
