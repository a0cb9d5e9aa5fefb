"""Query parameters that a route does not have."""

from collections.abc import Iterable
from typing import Any

from litestar import Request

from ledger.errors import Invalid


def require_own(request: Request[Any, Any, Any], where: str) -> None:
    """Raises Invalid for a query parameter that the request's handler does not take."""
    taken = request.route_handler.parsed_fn_signature.parameters
    named = ((name, of.kwarg_definition) for name, of in taken.items() if name != "request")
    require_known(request, (getattr(of, "name", None) or name for name, of in named), where)


def require_known(request: Request[Any, Any, Any], names: Iterable[str], where: str) -> None:
    """Raises Invalid for a query parameter that is none of these; `where` it is unknown."""
    known = set(names)
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        expected = ", ".join(sorted(known))
        raise Invalid(
            f"Unknown parameter {unknown[0]!r} of {where}.",
            errors=[(each, f"expected one of {expected}") for each in unknown],
        )
