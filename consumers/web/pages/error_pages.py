"""Error pages for browsers, and problems for programs."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException

from consumers.container.roles import EVERY_ROLE, Role
from consumers.web import problems
from consumers.web.pages.login import login_needed
from consumers.web.pages.rendering import bare_frame_of, page
from consumers.web.problems import Problem
from consumers.web.services import services_of
from ledger.errors import LedgerError

MACHINES = ("/v1/", "/v2/", "/log/", "/health/", "/metrics")


def ledger_error(request: Request[Any, Any, Any], error: LedgerError) -> Response[bytes]:
    """A page with the refusal and its remedy."""
    return _page(request, problems.ledger_problem(error), {})


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """A page for an HTTP error; for 401 the log-in form."""
    if error.status_code == 401:
        return login_needed(request, dict(error.headers or {}))
    return _page(request, problems.http_problem(error), dict(error.headers or {}))


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A page for an internal error."""
    return _page(request, problems.internal_error(request, error), {})


def unknown_path(request: Request[Any, Any, Any], error: NotFoundException) -> Response[bytes]:
    """An unknown path: a page for a browser, a problem for a program."""
    roles = services_of(request.app.state).roles
    browser = "text/html" in request.headers.get("accept", "") and Role.WEB in roles
    if roles != EVERY_ROLE:
        done = ", ".join(sorted(roles))
        error.detail = f"There is no {request.url.path} here: this process has the roles {done}."
    if browser and not request.url.path.startswith(MACHINES):
        return http_error(request, error)
    return problems.http_error(request, error)


def _page(
    request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str]
) -> Response[bytes]:
    return page(
        bare_frame_of(request),
        "problem.html",
        status=problem.status,
        headers=problems.headers_of(problem, headers),
        problem=problem,
    )


HANDLERS: dict[Any, Any] = {
    LedgerError: ledger_error,
    HTTPException: http_error,
    Exception: unexpected,
}
