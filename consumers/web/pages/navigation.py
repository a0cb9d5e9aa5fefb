"""The pages in the navigation, in order."""

from typing import NamedTuple

from ledger.vocabulary import Scope
from projections.queries.lists import LISTED

REPORTS = "/reports"
"""The page of what its visitor reported."""


class Link(NamedTuple):
    """A page's path and its name in the navigation, and the scope that it needs."""

    path: str
    name: str
    scope: Scope = Scope.READ


LINKS: tuple[Link, ...] = (
    Link("/", "Register"),
    Link(REPORTS, "My reports", Scope.REPORT),
    Link("/rca", "RCA"),
    Link("/counts", "Counts"),
    Link("/reviews", "Reviews"),
    Link("/trends", "Trends"),
    Link("/coverage", "Coverage"),
    Link("/objectives", "Objectives"),
    Link("/alerts", "Alerts"),
    *(Link(f"/{view.path}", view.title) for _, view in LISTED),
    Link("/quarantine", "Quarantine"),
    Link("/policy", "Policy"),
    Link("/roles", "Roles"),
    Link("/log", "Log"),
    Link("/access", "Access", Scope.ADMIN),
    Link("/docs", "API"),
)
