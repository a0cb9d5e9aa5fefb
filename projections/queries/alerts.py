"""Queries of the alerts and the incidents they belong to."""

from typing import NamedTuple

from sqlalchemy import select

from ledger.vocabulary import AlertState
from projections.alerts import ALERTS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.incident_alerts import INCIDENT_ALERTS
from projections.queries.incidents import MAX_CHOICES
from projections.queries.lookup import rows_for
from projections.queries.paging import Page, page

ALERTS_FOR_CHOICES = 5_000
"""The values of the filters are taken from this number of the newest alerts."""


class AlertFilters(NamedTuple):
    """The filters of the alerts; None does not filter.

    `incident`: alerts ever linked to it.
    """

    state: AlertState | None = None
    system: str | None = None
    source: str | None = None
    incident: str | None = None


def list_alerts(
    views: ViewsDatabase,
    filters: AlertFilters,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Alerts, the one with the newest event first. Raises Invalid for another list's cursor."""
    with views.begin() as connection:
        table = live_table(connection, ALERTS)
        if table is None:
            return Page([], None)
        narrowed = filters._replace(incident=None)._asdict()
        query = select(table).where(
            *(table.c[name] == value for name, value in narrowed.items() if value)
        )
        links = live_table(connection, INCIDENT_ALERTS)
        if filters.incident and links is not None:
            linked = select(links.c.alert).where(links.c.incident == filters.incident)
            query = query.where(table.c.alert.in_(linked))
        by = (table.c.leaf,)
        return page(
            connection, query, by, descending=True, sort="alerts", cursor=cursor, limit=limit
        )


def newest_linked(views: ViewsDatabase, incident: str, *, most: int) -> list[Row]:
    """The alerts that were linked to an incident last, the newest first."""
    with views.begin() as connection:
        table, links = live_table(connection, ALERTS), live_table(connection, INCIDENT_ALERTS)
        if table is None or links is None:
            return []
        newest = (
            select(links.c.alert)
            .where(links.c.incident == incident)
            .order_by(links.c.leaf.desc(), links.c.alert)
            .limit(most)
        )
        wanted = list(connection.execute(newest).scalars())
        rows = rows_for(connection, select(table), table.c.alert, wanted)
        found = {row["alert"]: row for row in rows}
        return [found[alert] for alert in wanted if alert in found]


class FilterChoices(NamedTuple):
    """Values of the alerts' filters, in order: at most MAX_CHOICES of each.

    `complete` is whether these are all values.
    """

    systems: list[str]
    sources: list[str]
    complete: bool = True


def filter_choices(views: ViewsDatabase) -> FilterChoices:
    """The systems and sources of the ALERTS_FOR_CHOICES alerts with the newest events."""
    with views.begin() as connection:
        table = live_table(connection, ALERTS)
        if table is None:
            return FilterChoices([], [])
        newest = select(table.c.system, table.c.source).order_by(table.c.leaf.desc())
        pairs = connection.execute(newest.limit(ALERTS_FOR_CHOICES)).all()
    systems = list(dict.fromkeys(system for system, _ in pairs))
    sources = list(dict.fromkeys(source for _, source in pairs))
    complete = len(pairs) < ALERTS_FOR_CHOICES and max(len(systems), len(sources)) <= MAX_CHOICES
    return FilterChoices(sorted(systems[:MAX_CHOICES]), sorted(sources[:MAX_CHOICES]), complete)
