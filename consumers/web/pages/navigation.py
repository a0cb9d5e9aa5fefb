"""The pages in the navigation: five places, each with its pages in order."""

from typing import NamedTuple

from ledger.vocabulary import Scope
from projections.queries.lists import LISTED

TODAY = "/today"
"""The page of what needs somebody now."""
REPORTS = "/reports"
"""The page of what its visitor reported."""


class Link(NamedTuple):
    """A page's path and its name in the navigation, and the scope that it needs."""

    path: str
    name: str
    scope: Scope = Scope.READ


HOME = Link("/", "Register")
"""The page that a visitor begins with, where he may open it."""


class Place(NamedTuple):
    """A part of the navigation, and its pages. `also` begins the paths of pages below them."""

    name: str
    links: tuple[Link, ...]
    also: tuple[str, ...] = ()

    def has(self, path: str) -> bool:
        """Whether a page is in it."""
        within = (*(link.path for link in self.links if link.path != "/"), *self.also)
        roots = {link.path for link in self.links}
        return path in roots or any(path.startswith(f"{each}/") for each in within)


_PLACES = {
    "systems": "Systems",
    "evidence": "Systems",
    "releases": "Systems",
    "measurements": "Systems",
    "readings": "Systems",
    "breaches": "Systems",
    "triggers": "Systems",
    "improvements": "Risk",
    "risks": "Risk",
    "standards": "Risk",
    "controls": "Risk",
}
"""The place of a generic list, by its path; any other is in Ledger."""


def _listed(place: str) -> tuple[Link, ...]:
    return tuple(
        Link(f"/{view.path}", view.title)
        for _, view in LISTED
        if _PLACES.get(view.path, "Ledger") == place
    )


PLACES: tuple[Place, ...] = (
    Place("Today", (Link(TODAY, "Today"),)),
    Place(
        "Incidents",
        (
            HOME,
            Link(REPORTS, "My reports", Scope.REPORT),
            Link("/rca", "RCA"),
            Link("/alerts", "Alerts"),
            Link("/counts", "Counts"),
            Link("/reviews", "Reviews"),
            Link("/trends", "Trends"),
        ),
        also=("/incidents",),
    ),
    Place("Systems", (*_listed("Systems"), Link("/objectives", "Objectives"))),
    Place(
        "Risk",
        (*_listed("Risk"), Link("/governance", "Governance"), Link("/risk-report", "Report")),
    ),
    Place(
        "Ledger",
        (
            Link("/coverage", "Coverage"),
            *_listed("Ledger"),
            Link("/quarantine", "Quarantine"),
            Link("/policy", "Policy"),
            Link("/roles", "Roles"),
            Link("/log", "Log"),
            Link("/access", "Access", Scope.ADMIN),
            Link("/docs", "API"),
        ),
        also=("/persons",),
    ),
)
