"""Queries of the alerts: what fires, and which incident it belongs to."""

from typing import NamedTuple

from sqlalchemy import select

from ledger.vocabulary import AlertState
from projections.alerts import ALERTS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.links import LINKS
from projections.queries.paging import Page, page


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
    """The values that the alerts' filters can take, by name."""

    systems: list[str]
    sources: list[str]


def vocabulary(views: ViewsDatabase) -> Vocabulary:
    """The systems and sources of the alerts."""
    with views.begin() as connection:
        table = live_table(connection, ALERTS)
        if table is None:
            return Vocabulary([], [])
        pairs = connection.execute(select(table.c.system, table.c.source).distinct()).all()
    return Vocabulary(
        sorted({system for system, _ in pairs}), sorted({source for _, source in pairs})
    )
