"""Queries of the alerts: what fires, and which incident it belongs to."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from ledger.vocabulary import AlertState, Status
from projections.alerts import ALERTS
from projections.engine.database import ViewsDatabase
from projections.links import LINKS
from projections.paging import Page, live, page
from projections.register import REGISTER

KEYS_PER_QUERY = 500


class AlertFilters(NamedTuple):
    """What the alerts are narrowed to; None does not narrow.

    `incident`: those that were ever linked to it.
    """

    state: AlertState | None = None
    system: str | None = None
    source: str | None = None
    incident: str | None = None


def alerts(
    views: ViewsDatabase,
    filters: AlertFilters,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Alerts, that with the newest event first. Raises Invalid for a foreign cursor."""
    with views.begin() as connection:
        table = live(connection, ALERTS)
        if table is None:
            return Page([], None)
        narrowed = filters._replace(incident=None)._asdict()
        query = select(table).where(
            *(table.c[name] == value for name, value in narrowed.items() if value)
        )
        links = live(connection, LINKS)
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
        table = live(connection, ALERTS)
        if table is None:
            return Vocabulary([], [])
        pairs = connection.execute(select(table.c.system, table.c.source).distinct()).all()
    return Vocabulary(
        sorted({system for system, _ in pairs}), sorted({source for _, source in pairs})
    )


def standing_for(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, str]:
    """The incident that each of these stands for today, with merges followed."""
    into: dict[str, str] = {}
    asked = list(dict.fromkeys(incidents))
    with views.begin() as connection:
        table = live(connection, REGISTER)
        while table is not None and asked:
            merged: dict[str, str] = {}
            for start in range(0, len(asked), KEYS_PER_QUERY):
                query = select(table.c.incident, table.c.merged_into).where(
                    table.c.incident.in_(asked[start : start + KEYS_PER_QUERY]),
                    table.c.status == Status.MERGED,
                )
                merged |= {row[0]: row[1] for row in connection.execute(query)}
            into |= merged
            asked = [target for target in merged.values() if target not in into]
    return {incident: _followed(incident, into) for incident in incidents}


def _followed(incident: str, into: dict[str, str]) -> str:
    while incident in into:
        incident = into[incident]
    return incident
