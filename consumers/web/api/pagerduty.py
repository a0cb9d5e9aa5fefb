"""PagerDuty's route: the token is in the body, and answers and refusals have PagerDuty's shape.

Their fields are those of the Events API v2: `status`, `message`, and `dedup_key` or `errors`. The
routing key is masked before anything but the check of the token sees the body.
"""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.exceptions import HTTPException

from consumers.intake.formats.pagerduty import PAGERDUTY, dedup_key_of
from consumers.intake.offload import run_by_size
from consumers.intake.parsing.texts import as_utf8
from consumers.intake.routing_key import key_in, masked
from consumers.web import problems
from consumers.web.api.intake import record, require_running
from consumers.web.auth import caller_with_token, require_source, unauthorized
from consumers.web.bodies import ReceivedBody, hold_body
from consumers.web.problems import Problem
from consumers.web.services import services_of
from ledger.errors import LedgerError

PATH = PAGERDUTY.path
PROCESSED = "Event processed"
QUARANTINED = "Event not understood: it is kept in quarantine, for people to look at"


class Enqueued(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an event that is committed, as a signal or to quarantine."""

    status: str = "success"
    message: str = PROCESSED
    dedup_key: str


class NotEnqueued(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal: the HTTP status in words, what is wrong, and what to do."""

    status: str
    message: str
    errors: tuple[str, ...]


def _refusal(problem: Problem, headers: dict[str, str]) -> Response[bytes]:
    refusal = NotEnqueued(
        status=HTTPStatus(problem.status).phrase.lower(),
        message=problem.detail,
        errors=tuple(text for text in (problem.detail, problem.remedy) if text),
    )
    return Response(
        msgspec.json.encode(refusal),
        status_code=problem.status,
        media_type="application/json",
        headers=problems.headers_of(problem, headers),
    )


def _ledger_error(request: Request[Any, Any, Any], error: LedgerError) -> Response[bytes]:
    return _refusal(problems.logged_problem(request, error), {})


def _http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _refusal(problems.http_problem(error), dict(error.headers or {}))


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return _refusal(problems.internal_error(request, error), {})


HANDLERS: dict[Any, Any] = {
    LedgerError: _ledger_error,
    HTTPException: _http_error,
    Exception: _unexpected,
}


@post(
    PATH,
    status_code=202,
    opt={"in_body": True},
    exception_handlers=HANDLERS,
    tags=["intake"],
    summary=f"Receive {PAGERDUTY.summary}",
)
async def enqueue(request: Request[Any, Any, Any]) -> Enqueued:
    """Records a trigger, acknowledge or resolve. The `routing_key` is the token of a source.

    A body may be compressed (gzip, deflate); another coding is 415, one above the limit 413.
    """
    services = services_of(request.app.state)
    require_running(services)
    async with hold_body(request, PAGERDUTY.limit) as arrived:
        body = as_utf8(arrived.content, request.headers)
        key = await run_by_size(len(body), key_in, body)
        caller = await caller_with_token(services, key)
        if key is None or caller is None:
            raise unauthorized(
                "The event's routing_key must be the token of a source of kind pagerduty."
            )
        require_source(caller, PAGERDUTY.kind)
        without = await run_by_size(len(body), masked, body, key)
        received = await record(request, services, caller, PAGERDUTY.kind, ReceivedBody(without))
    return Enqueued(
        message=QUARANTINED if received.quarantined else PROCESSED,
        dedup_key=dedup_key_of(without),
    )
