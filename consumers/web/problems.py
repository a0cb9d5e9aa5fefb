"""Errors as RFC 9457 problems, with the table of HTTP statuses."""

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
    e.Forbidden: 403,
    e.Refused: 409,
    e.Conflict: 409,
    e.Fork: 503,
    e.Invalid: 422,
    e.IdempotencyKeyReused: 422,
    e.EventTooLarge: 422,
    e.NotFound: 404,
    e.ContentChanged: 500,
    e.StaleVersion: 412,
    e.Unavailable: 503,
    e.Overloaded: 503,
    e.UnknownEvent: 503,
}


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One invalid field: its path and the error."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An RFC 9457 problem, with the violated rule or the invalid fields."""

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
    """A response's headers; with Retry-After for 503."""
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
    return respond(logged_problem(request, error))


def logged_problem(request: Request[Any, Any, Any], error: e.LedgerError) -> Problem:
    """A LedgerError's problem; one with a 5xx status is logged as well."""
    problem = ledger_problem(error)
    if problem.status >= 500:
        _UNAVAILABLE_LOG.log(request, problem)
    return problem


class _RateLimitedLog:
    """Logs errors that every request gets, as on a full disk: rate-limited, with a count."""

    def __init__(self) -> None:
        self._next = 0.0
        self._silent = 0

    def log(self, request: Request[Any, Any, Any], problem: Problem) -> None:
        """Logs the problem unless one was logged just before; at info level while draining."""
        if (now := time.monotonic()) < self._next:
            self._silent += 1
            return
        log_method = log.info if services_of(request.app.state).draining() else log.warning
        log_method(
            "request_not_served",
            path=request.url.path,
            code=problem.code,
            reason=problem.detail,
            remedy=problem.remedy,
            more_before=self._silent,
        )
        self._next, self._silent = now + LOG_EVERY_SECONDS, 0


_UNAVAILABLE_LOG = _RateLimitedLog()


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
    """The response for invalid query parameters, with their public names."""
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
            detail=f"Invalid query parameters. {what}.",
            code=e.Invalid.code,
            remedy="See /v1/openapi.json for its parameters.",
            errors=errors,
        )
    )


def internal_error(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """An internal error: logged with its traceback, reported without details."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return Problem(
        title="Internal error", status=500, detail="Internal error; see the server's log."
    )


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response for an internal error."""
    return respond(internal_error(request, error))


HANDLERS: dict[Any, Any] = {
    e.LedgerError: ledger_error,
    ValidationException: validation_error,
    HTTPException: http_error,
    Exception: unexpected,
}
