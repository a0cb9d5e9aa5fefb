"""Queries of the alerts: what fires, and which incident it belongs to."""

from typing import NamedTuple

from sqlalchemy import select

from ledger.vocabulary import AlertState
from projections.alerts import ALERTS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.incident_alerts import LINKS
from projections.queries.incidents import MOST_CHOICES
from projections.queries.paging import Page, page

ALERTS_FOR_CHOICES = 5_000
"""Among so many of the newest alerts the values of the filters are looked for."""


class AlertFilters(NamedTuple):
    """What the alerts are narrowed to; None does not narrow.

    `incident`: those that were ever linked to it.
    """

    state: AlertState | None = None
    system: str | None = None
    source: str | None = None
    incident: str | None = None


def episodes(
    views: ViewsDatabase,
    filters: AlertFilters,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Alerts, that with the newest event first. Raises Invalid for a foreign cursor."""
    with views.begin() as connection:
        table = live_table(connection, ALERTS)
        if table is None:
            return Page([], None)
        narrowed = filters._replace(incident=None)._asdict()
        query = select(table).where(
            *(table.c[name] == value for name, value in narrowed.items() if value)
        )
        links = live_table(connection, LINKS)
        if filters.incident and links is not None:
            linked = select(links.c.alert).where(links.c.incident == filters.incident)
            query = query.where(table.c.alert.in_(linked))
        by = (table.c.leaf,)
        return page(connection, query, by, falling=True, sort="alerts", cursor=cursor, limit=limit)


class Vocabulary(NamedTuple):
    """Values that the alerts' filters can take, by name: at most MOST_CHOICES of each.

    `whole` tells whether that is all.
    """

    systems: list[str]
    sources: list[str]
    whole: bool = True


def vocabulary(views: ViewsDatabase) -> Vocabulary:
    """The systems and sources of the ALERTS_FOR_CHOICES alerts with the newest events."""
    with views.begin() as connection:
        table = live_table(connection, ALERTS)
        if table is None:
            return Vocabulary([], [])
        newest = select(table.c.system, table.c.source).order_by(table.c.leaf.desc())
        pairs = connection.execute(newest.limit(ALERTS_FOR_CHOICES)).all()
    systems = list(dict.fromkeys(system for system, _ in pairs))
    sources = list(dict.fromkeys(source for _, source in pairs))
    whole = len(pairs) < ALERTS_FOR_CHOICES and max(len(systems), len(sources)) <= MOST_CHOICES
    return Vocabulary(sorted(systems[:MOST_CHOICES]), sorted(sources[:MOST_CHOICES]), whole)
