"""The page of one piece of evidence: its content, whether it is complete, its decisions."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.evidence_store import ContentFacts
from consumers.read_service.choices import evidence_choices
from consumers.read_service.completeness import completeness_of
from consumers.read_service.evidence import FiledEvidence, filed_evidence, may_read_content
from consumers.read_service.streams import stream_with_timeline
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.domain.evidence import EVIDENCE, status_at
from ledger.errors import Unavailable
from ledger.vocabulary import Scope
from projections.values import time_text


@get("/evidence/{ref:str}", opt={"scope": Scope.READ}, name="page_evidence")
async def evidence(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One piece of evidence, from its stream, and what is known of its content."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))
    found = await asyncio.to_thread(filed_evidence, ledger, ref)
    content = services_of(request.app.state).content
    facts = await _facts(request, found)
    complete = None
    if facts is not None:
        complete = await completeness_of(ledger, content, found)
        facts = await _facts(request, found)  # what was read may have been another content

    def run() -> Response[bytes]:
        view, timeline = stream_with_timeline(ledger, EVIDENCE, found.id)
        concern = acting.concern_for(request, EVIDENCE, found.id)
        choices = evidence_choices(ledger)
        return page(
            frame_of(request),
            "evidence.html",
            forms=acting.forms_for(
                request, EVIDENCE, view.reference, view.version, choices, concern
            ),
            kind=EVIDENCE,
            stream=view,
            timeline=timeline.items,
            standing=status_at(found.state, ledger.now()),
            content=facts,
            complete=complete,
            readable=may_read_content(ledger, found.state),
            now=time_text(ledger.now()),
        )

    return await asyncio.to_thread(run)


async def _facts(request: Request[Any, Any, Any], found: FiledEvidence) -> ContentFacts | None:
    """What is known of the content; None where its store cannot be reached."""
    try:
        content = services_of(request.app.state).content
        return await content.facts(found.state.digest, found.id)
    except Unavailable:
        return None
