"""Query parameters that a route does not have."""

from collections.abc import Iterable
from typing import Any

from litestar import Request

from ledger.errors import Invalid


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
