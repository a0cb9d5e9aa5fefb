"""The page behind the link of a notification: one button, which acknowledges the incident.

To open it does nothing, for mail scanners follow links. Whoever has the link may press the button,
once; it tells nothing about the incident but its reference.
"""

import asyncio
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from consumers.access.acknowledge_links import linked_delivery
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.web.auth import require_own_page
from consumers.web.pages.login import FORM_BYTES
from consumers.web.pages.rendering import bare_frame_of, page
from consumers.web.pages.submitting import caller_in, refusal
from consumers.web.services import services_of
from ledger.domain.delivery import DELIVERY, Delivery
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import Incident
from ledger.errors import Refused
from ledger.execute import UseAcknowledgement
from ledger.store.decoding import events_in, state_of
from ledger.vocabulary import ActsBy, Status

PATH = "/acknowledge/{secret:str}"
OPEN = {"open": True}
GONE = (
    "This link works no more: it was used, it is more than three days old, or it was never one. "
    "Nothing was recorded now."
)


@get(PATH, opt=OPEN)
async def ask(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[bytes]:
    """Asks whether the incident is to be acknowledged."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        linked = linked_delivery(ledger.store, secret, ledger.now())
        if linked is None:
            return _page(request, status=404, refused=GONE)
        about = _about(ledger, linked[0])
        return _page(request, reference=about.reference, refused=about.over)

    return await asyncio.to_thread(run)


@post(
    PATH, opt={"form": True}, request_max_body_size=FORM_BYTES, status_code=200, name="acknowledge"
)
async def acknowledge(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[bytes]:
    """Acknowledges it, as the person who is logged in, or by the link alone."""
    require_own_page(request)
    ledger = services_of(request.app.state).ledger
    caller = caller_in(request)
    is_person = caller is not None and caller.by is not ActsBy.TOKEN

    def run() -> Response[bytes]:
        linked = linked_delivery(ledger.store, secret, ledger.now())
        if linked is None:
            return _page(request, status=404, refused=GONE)
        delivery, taken = linked
        actor = caller.actor if caller and is_person else DELIVERY.stream(delivery)
        about = _about(ledger, delivery)
        if about.over:
            return _page(request, status=409, reference=about.reference, refused=about.over)
        use = UseAcknowledgement(delivery=delivery, taken=taken)
        try:
            ledger.executor.execute(use, ledger.services.context(actor))
        except Refused as error:
            return _page(request, status=409, reference=about.reference, refused=refusal(error))
        return _page(request, reference=about.reference, done=True)

    return await asyncio.to_thread(run)


class _About(NamedTuple):
    """An incident's reference; `over` says why there is nothing to acknowledge, where it is so."""

    reference: str
    over: str


def _about(ledger: Ledger, delivery: UUID) -> _About:
    stream = DELIVERY.stream(delivery)
    state: Delivery = state_of(ledger.store, stream)
    entries = ledger.store.load({state.about: 0})[state.about]
    ref = reference(entries[0].leaf, INCIDENT)
    incident: Incident = INCIDENT.folded(events_in(entries))
    if incident.status is None or incident.status is Status.OPEN:
        return _About(ref, "")
    became = incident.status.label.lower()
    return _About(
        ref, f"{ref} was {became}: there is nothing to acknowledge. Nothing was recorded."
    )


def _page(
    request: Request[Any, Any, Any],
    *,
    status: int = 200,
    reference: str = "",
    refused: str = "",
    done: bool = False,
) -> Response[bytes]:
    return page(
        bare_frame_of(request),
        "acknowledge.html",
        status=status,
        reference=reference,
        refused=refused,
        acknowledged=done,
    )


ROUTES = [ask, acknowledge]
