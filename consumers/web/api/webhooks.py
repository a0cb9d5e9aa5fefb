"""The route of webhooks that come without a token: the body's signature authenticates its source.

The source's name is in the path and is no secret. What a stranger sends costs a look at the sources
in use, which is one for all who ask at the same time. A body is read only where the headers claim
a signature, and parsed only where that is right.
"""

from typing import Any

from litestar import Request, post
from litestar.params import FromPath

from consumers.access.tokens import is_name
from consumers.container.guarded_clock import plausible_times
from consumers.intake.format import WEBHOOKS_PATH
from consumers.intake.formats.registry import FORMATS
from consumers.intake.hmac_signature import SignatureError
from consumers.intake.offload import run_by_size
from consumers.intake.receive import Received
from consumers.intake.webhook_signatures import WebhookSignature
from consumers.web.api.intake import record, require_running
from consumers.web.auth import caller_of_row, unauthorized
from consumers.web.bodies import hold_body
from consumers.web.services import WebServices, services_of
from ledger.store.side_records import Signing, TokenRow
from ledger.vocabulary import SourceKind


@post(
    f"{WEBHOOKS_PATH}/{{source:str}}",
    status_code=202,
    opt={"signed": True},
    tags=["intake"],
    summary="Receive a webhook of PagerDuty, incident.io or Jira",
)
async def receive_signed(request: Request[Any, Any, Any], source: FromPath[str]) -> Received:
    """Executes what was done to an incident or ticket there, as commands.

    It needs no token: the body is signed with the secret that the source was added with. What is
    about no incident of this ledger is ignored, and the answer says so. A command that is refused
    and a body that cannot be parsed go to quarantine.
    """
    services = services_of(request.app.state)
    require_running(services)
    row, kind, webhook, signing = await _webhook_source(services, source)
    try:
        claim = webhook.require_claim(request.headers, *plausible_times(services.ledger.now))
        async with hold_body(request, FORMATS[kind].limit) as body:
            content = body.content
            await run_by_size(len(content), webhook.require_signed, signing, claim, content)
            return await record(request, services, caller_of_row(services, row), kind, body)
    except SignatureError as error:
        raise unauthorized(str(error)) from error


async def _webhook_source(
    services: WebServices, name: str
) -> tuple[TokenRow, SourceKind, WebhookSignature, Signing]:
    """The source of a name, and how it signs. Raises HTTPException (401) for one that does not."""
    row = await services.sources.of(name) if is_name(name) else None
    kind = None if row is None else row.source_kind
    webhook = None if kind is None or kind not in FORMATS else FORMATS[kind].webhook
    if row is None or kind is None or webhook is None or row.signing is None:
        raise unauthorized(
            "No source of this name sends signed webhooks here. Add one: airledger source add."
        )
    return row, kind, webhook, row.signing
