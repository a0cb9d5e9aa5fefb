"""Queries of the read models with a generic list."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select

from ledger.vocabulary import Severity
from projections.catalogue import PROJECTIONS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Projection
from projections.queries.incidents import MAX_CHOICES
from projections.queries.ordering import Sorts, or_empty, order_of, rank
from projections.queries.paging import Page
from projections.queries.plan import Plan, Planned, planned_page

DEFAULT_SORT = "-reference"
ROWS_FOR_CHOICES = 5_000
"""The values of the filters are taken from this number of the newest rows."""

LISTED: tuple[tuple[Projection, ListView], ...] = tuple(
    (each, each.listing) for each in PROJECTIONS if each.listing is not None
)
"""The read models with a generic list, in the order of the registry."""


def list_rows(
    views: ViewsDatabase,
    projection: Projection,
    filters: Mapping[str, str | None],
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Rows that match every filter, the newest first unless sorted otherwise.

    Raises Invalid for an unknown sort or an invalid cursor.
    """
    with views.begin() as connection:
        return planned_page(connection, list_plan(projection, filters, sort), cursor, limit)


def list_plan(
    projection: Projection, filters: Mapping[str, str | None], sort: str | None
) -> Planned:
    """The plan of a generic list; see `list_rows`. It raises Invalid for an unknown sort."""

    def planned(connection: Connection) -> Plan | None:
        table = live_table(connection, projection)
        own = (projection.table(0) if table is None else table).c
        columns = projection.listing.columns if projection.listing else ()
        sorts: Sorts = {
            "reference": own.leaf,
            **{each.name: partial(_sort, own[each.name], each) for each in columns},
        }
        order = order_of(
            sorts, sort or DEFAULT_SORT, f"The list of {projection.name}", cursors=projection.name
        )
        if table is None:
            return None
        every = select(table, order.by)
        equal = (table.c[name] == value for name, value in filters.items() if value)
        indexed = order.column == "reference"
        return Plan(every, every.where(*equal), order, table.c.leaf, indexed=indexed)

    return planned


def _sort(column: ColumnElement[Any], listed: ListColumn) -> ColumnElement[Any]:
    if listed.cell is CellKind.SEVERITY:
        return rank(column, Severity)
    if listed.cell is CellKind.FLAG:
        return case((column, 1), else_=0)
    if listed.vocabulary is not None:
        return rank(column, listed.vocabulary)
    return or_empty(column)


def filter_choices(
    views: ViewsDatabase, projection: Projection, name: str
) -> tuple[list[str], bool]:
    """Values of a filter, from the newest rows, and whether these are all; at most MAX_CHOICES."""
    with views.begin() as connection:
        table = live_table(connection, projection)
        if table is None:
            return [], True
        newest = select(table.c[name]).order_by(table.c.leaf.desc()).limit(ROWS_FOR_CHOICES)
        found = list(connection.execute(newest).scalars())
    values = list(dict.fromkeys(value for value in found if value is not None))
    complete = len(found) < ROWS_FOR_CHOICES and len(values) <= MAX_CHOICES
    return sorted(values[:MAX_CHOICES]), complete
