"""Queries of the alerts and the incidents they belong to."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, case, func, literal_column, select

from ledger.vocabulary import AlertState, Severity
from projections.alerts import ALERTS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.incident_alerts import INCIDENT_ALERTS
from projections.queries.incidents import MAX_CHOICES
from projections.queries.lookup import rows_for
from projections.queries.ordering import (
    Columns,
    Sorts,
    or_empty,
    order_of,
    rank,
)
from projections.queries.paging import Page
from projections.queries.period import Period
from projections.queries.plan import Plan, Planned, planned_page
from projections.queries.restricted import Readable, is_withheld
from projections.queries.system_names import is_of_system
from projections.register import REGISTER

DEFAULT_SORT = "-newest"
ALERTS_FOR_CHOICES = 5_000
"""The values of the filters are taken from this number of the newest alerts."""


class AlertFilters(NamedTuple):
    """The filters of the alerts; None does not filter.

    `incident`: alerts ever linked to it; `started` limits the start of the newest episode.
    `readable` is as for the register: titles of alerts of what is withheld sort as empty.
    """

    state: AlertState | None = None
    system: str | None = None
    source: str | None = None
    incident: str | None = None
    severity: str | None = None
    started: Period = Period()
    readable: Readable = None


def list_alerts(
    views: ViewsDatabase,
    filters: AlertFilters,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Alerts, the one with the newest event first unless sorted otherwise.

    Raises Invalid for an unknown sort or an invalid cursor.
    """
    with views.begin() as connection:
        return planned_page(connection, alerts_plan(filters, sort), cursor, limit)


def alerts_plan(filters: AlertFilters, sort: str | None) -> Planned:
    """The plan of the alerts; see `list_alerts`. It raises Invalid for an unknown sort."""

    def planned(connection: Connection) -> Plan | None:
        table = live_table(connection, ALERTS)
        register = live_table(connection, REGISTER)
        sorts = alert_sorts(table, register, filters.readable)
        order = order_of(sorts, sort or DEFAULT_SORT, "The list of alerts", cursors="alerts")
        if table is None:
            return None
        every = select(table, order.by)
        matching = every.where(*_conditions(connection, table, filters))
        return Plan(every, matching, order, table.c.alert, indexed=order.column == "newest")

    return planned


def _conditions(
    connection: Connection, table: Table, filters: AlertFilters
) -> Iterator[ColumnElement[bool]]:
    if filters.system:
        yield is_of_system(connection, table.c.system, filters.system)
    for name in ("state", "source", "severity"):
        if value := getattr(filters, name):
            yield table.c[name] == value
    links = live_table(connection, INCIDENT_ALERTS)
    if filters.incident and links is not None:
        linked = select(links.c.alert).where(links.c.incident == filters.incident)
        yield table.c.alert.in_(linked)
    yield from filters.started.conditions(table.c.started_at)


def alert_sorts(
    table: Table | None, register: Table | None = None, readable: Readable = None
) -> Sorts:
    """What each sort of the alerts orders by."""
    own = (ALERTS.table(0) if table is None else table).c
    return {
        "newest": own.leaf,
        "title": _title(own, register, readable),
        "state": partial(rank, own.state, AlertState),
        "since": func.coalesce(
            own.ended_at,
            own.stale_since,
            own.started_at,
            literal_column("''"),
            type_=own.title.type,
        ),
        "started_at": or_empty(own.started_at),
        "severity": partial(rank, own.severity, Severity),
        "system": own.system,
        "source": own.source,
        "episodes": own.episodes,
        "incident": or_empty(own.incident),
    }


def _title(own: Columns, register: Table | None, readable: Readable) -> ColumnElement[Any]:
    """An alert's title, for orders: that of one whose incident is withheld is empty."""
    title: ColumnElement[Any] = own.title
    if register is None or readable is None:
        return title
    withheld = select(register.c.incident).where(is_withheld(register.c, readable))
    return case((own.incident.in_(withheld), literal_column("''", title.type)), else_=title)


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
