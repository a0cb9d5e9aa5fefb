"""The pages in the navigation, in order."""

from typing import NamedTuple

from projections.queries.lists import LISTED


class Link(NamedTuple):
    """A page's path and its name in the navigation."""

    path: str
    name: str


LINKS: tuple[Link, ...] = (
    Link("/", "Register"),
    Link("/rca", "RCA"),
    Link("/counts", "Counts"),
    Link("/reviews", "Reviews"),
    Link("/trends", "Trends"),
    Link("/alerts", "Alerts"),
    *(Link(f"/{view.path}", view.title) for _, view in LISTED),
    Link("/quarantine", "Quarantine"),
    Link("/policy", "Policy"),
    Link("/roles", "Roles"),
    Link("/log", "Log"),
    Link("/docs", "API"),
)
