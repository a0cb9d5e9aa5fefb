"""Errors as RFC 9457 problems; the only place that knows which status an error has."""

import time
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from consumers.web.services import services_of
from ledger import errors as e

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"
RETRY_AFTER_SECONDS = 2
LOG_EVERY_SECONDS = 1.0

STATUS: dict[type[e.LedgerError], int] = {
    e.Refused: 409,
    e.Conflict: 409,
    e.Fork: 503,
    e.Invalid: 422,
    e.IdempotencyKeyReused: 422,
    e.EventTooLarge: 422,
    e.NotFound: 404,
    e.StaleVersion: 412,
    e.Unavailable: 503,
    e.Overloaded: 503,
    e.UnknownEvent: 503,
}


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One wrong field: its path, and what is wrong with it."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457, with the rule that refused, or the fields that are wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = ""
    rule: str = ""
    remedy: str = ""
    errors: list[FieldError] = []


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The response of a problem."""
    return Response(
        msgspec.json.encode(problem) + b"\n",
        status_code=problem.status,
        media_type=PROBLEM,
        headers=headers_of(problem, headers or {}),
    )


def headers_of(problem: Problem, headers: dict[str, str]) -> dict[str, str]:
    """A response's headers, with when to come again where the server is unable now."""
    if problem.status != 503:
        return headers
    return {"Retry-After": str(RETRY_AFTER_SECONDS), **headers}


def ledger_problem(error: e.LedgerError) -> Problem:
    """A LedgerError's problem."""
    status = next((STATUS[of] for of in type(error).__mro__ if of in STATUS), 500)
    rule = error.rule if isinstance(error, e.Refused) else ""
    if isinstance(error, e.IdempotencyKeyReused):
        rule = error.code
    fields = error.errors if isinstance(error, e.Invalid) else ()
    return Problem(
        title=error.code.replace("_", " ").capitalize(),
        status=status,
        detail=error.message,
        code=error.code,
        rule=rule,
        remedy=error.remedy,
        errors=[FieldError(field=field, message=message) for field, message in fields],
    )


def ledger_error(request: Request[Any, Any, Any], error: e.LedgerError) -> Response[bytes]:
    """The response of a LedgerError."""
    return respond(ledger_told(request, error))


def ledger_told(request: Request[Any, Any, Any], error: e.LedgerError) -> Problem:
    """A LedgerError's problem. One that is the ledger's own plight is logged as well."""
    problem = ledger_problem(error)
    if problem.status >= 500:
        _UNABLE.tell(request, problem)
    return problem


class _Seldom:
    """Logs what a full disk or an overload answers to every request: once in a while, counted."""

    def __init__(self) -> None:
        self._next = 0.0
        self._silent = 0

    def tell(self, request: Request[Any, Any, Any], problem: Problem) -> None:
        """Logs it, unless that was done a moment ago; at its end a server refuses in good order."""
        if (now := time.monotonic()) < self._next:
            self._silent += 1
            return
        say = log.info if services_of(request.app.state).draining() else log.warning
        say(
            "request_not_served",
            path=request.url.path,
            code=problem.code,
            reason=problem.detail,
            remedy=problem.remedy,
            more_before=self._silent,
        )
        self._next, self._silent = now + LOG_EVERY_SECONDS, 0


_UNABLE = _Seldom()


def http_problem(error: HTTPException) -> Problem:
    """A problem of the protocol itself."""
    return Problem(
        title=str(error.detail).rstrip(".") or "Error",
        status=error.status_code,
        detail=str(error.detail),
    )


def http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The response of a protocol's problem."""
    return respond(http_problem(error), dict(error.headers or {}))


def validation_error(
    request: Request[Any, Any, Any], error: ValidationException
) -> Response[bytes]:
    """The response where a query's parameters are wrong: which, under their outside names."""
    parameters = request.route_handler.parsed_fn_signature.parameters
    errors = []
    for each in error.extra if isinstance(error.extra, list) else []:
        known = parameters.get(each.get("key", ""))
        name = getattr(known and known.kwarg_definition, "name", None) or each.get("key", "query")
        errors.append(FieldError(field=name, message=each["message"]))
    what = "; ".join(f"{each.field}: {each.message}" for each in errors) or str(error.detail)
    return respond(
        Problem(
            title="Invalid",
            status=422,
            detail=f"The query is not understood. {what}.",
            code=e.Invalid.code,
            remedy="See /v1/openapi.json for its parameters.",
            errors=errors,
        )
    )


def fault(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """A fault of ours: logged in full, told in brief."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return Problem(
        title="Internal error", status=500, detail="The server failed; its log says why."
    )


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response of a fault of ours."""
    return respond(fault(request, error))


HANDLERS: dict[Any, Any] = {
    e.LedgerError: ledger_error,
    ValidationException: validation_error,
    HTTPException: http_error,
    Exception: unexpected,
}
