"""The page of one review: its launch, where it stands, its forms and its timeline."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.commands.references import stream_named
from consumers.read_service.counts import review_from_stream
from consumers.read_service.streams import stream_timeline
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.rendering import frame_of, page
from ledger.domain.review import REVIEW
from ledger.vocabulary import ReviewState, Scope
from projections.values import time_text

NEXT_FORM = {
    ReviewState.OPEN: "assign",
    ReviewState.ASSIGNED: "conclude",
    ReviewState.OVERDUE: "conclude",
}
"""The command that is due next, by the review's state."""
UNFIT = {True: {"assign", "conclude"}, False: {"amend"}}
"""The commands that a review refuses, by whether it is concluded."""


@get("/reviews/{ref:str}", opt={"scope": Scope.READ}, name="page_review")
async def review(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One review, from its stream; what counts for its month now is of the read models."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        subject = stream_named(ledger.store, REVIEW, ref)
        view = review_from_stream(ledger, subject)
        concern = acting.concern_for(request, REVIEW, subject)
        forms = acting.forms_for(
            request,
            REVIEW,
            view.reference,
            view.version,
            concern=concern,
        )
        due = NEXT_FORM.get(view.state)
        unfit = UNFIT[view.concluded_at is not None]
        return page(
            frame_of(request),
            "review.html",
            review=view,
            forms=[form for form in forms if form.name not in unfit],
            next_form=due,
            only_for=acting.only_for(request, REVIEW, due, concern, forms),
            timeline=stream_timeline(ledger, REVIEW, subject).items,
            now=time_text(ledger.now()),
        )

    return await asyncio.to_thread(run)
