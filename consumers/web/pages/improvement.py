"""The page of one improvement: where it stands, and by what a check that is due would show it."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.commands.references import stream_named
from consumers.read_service.choices import improvement_choices
from consumers.read_service.streams import whole_stream
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.rendering import frame_of, page
from ledger.domain.evidence import EVIDENCE
from ledger.domain.improvement import IMPROVEMENT, ImprovementStatus, criterion_text
from ledger.domain.metric import METRIC
from ledger.vocabulary import Scope
from projections.values import time_text


@get("/improvements/{ref:str}", opt={"scope": Scope.READ}, name="page_improvement")
async def improvement(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One improvement, from its stream."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        subject = stream_named(ledger.store, IMPROVEMENT, ref)
        state, view, timeline = whole_stream(ledger, IMPROVEMENT, subject)
        choices = improvement_choices(ledger, subject)
        waits, by = state.status is ImprovementStatus.DONE, state.check_by
        return page(
            frame_of(request),
            "improvement.html",
            forms=acting.forms_for(request, IMPROVEMENT, view.reference, view.version, choices),
            kind=IMPROVEMENT,
            stream=view,
            timeline=timeline.items,
            waits=waits,
            criterion=state.criterion,
            known_by=criterion_text(state.criterion) if state.criterion else "",
            check_by=time_text(by) if by else "",
            is_due=by is not None and by <= ledger.now(),
            measurements=choices.get(METRIC.kind, ()),
            evidence=choices.get(EVIDENCE.kind, ()),
        )

    return await asyncio.to_thread(run)
