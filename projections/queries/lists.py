"""Queries of the read models with a generic list."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, func, literal_column, select

from ledger.vocabulary import Severity, YesNo
from projections.catalogue import PROJECTIONS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.listing import CellKind, ListColumn, ListView, several, those_in
from projections.engine.projection import Projection
from projections.queries.incidents import MAX_CHOICES
from projections.queries.ordering import Sorts, or_empty, order_of, rank
from projections.queries.paging import Page
from projections.queries.plan import Plan, Planned, planned_page
from projections.queries.restricted import Readable, names_withheld

Wanted = str | tuple[str, ...]
"""The value of a filter, or several of which one is enough."""
Filters = Mapping[str, Wanted | None]
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
    filters: Filters,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    readable: Readable = None,
) -> Page:
    """Rows that match every filter, the newest first unless sorted otherwise.

    Words that are about a restricted incident of no `readable` system have no place in an order.
    Raises Invalid for an unknown sort or an invalid cursor.
    """
    with views.begin() as connection:
        plan = list_plan(projection, filters, sort, readable)
        return planned_page(connection, plan, cursor, limit)


def count(views: ViewsDatabase, projection: Projection, filters: Filters) -> int:
    """How many rows match every filter."""
    with views.begin() as connection:
        plan = list_plan(projection, filters, None)(connection)
        if plan is None:
            return 0
        matching = plan.matching.order_by(None).subquery()
        return connection.execute(select(func.count()).select_from(matching)).scalar_one()


def list_plan(
    projection: Projection, filters: Filters, sort: str | None, readable: Readable = None
) -> Planned:
    """The plan of a generic list; see `list_rows`. It raises Invalid for an unknown sort."""

    def planned(connection: Connection) -> Plan | None:
        table = live_table(connection, projection)
        own = (projection.table(0) if table is None else table).c
        listing = projection.listing
        columns = listing.columns if listing else ()
        sorts: Sorts = {
            "reference": own.leaf,
            **{each.name: partial(_sort, own[each.name], each) for each in columns},
        }
        if listing is not None and listing.about and readable is not None:
            about = func.lower(own[listing.about])
            hidden = about.in_(names_withheld(connection, readable))
            shown = {name: case((hidden, ""), else_=or_empty(own[name])) for name in listing.words}
            sorts = {**sorts, **shown}
        order = order_of(
            sorts, sort or DEFAULT_SORT, f"The list of {projection.name}", cursors=projection.name
        )
        if table is None:
            return None
        every = select(table, order.by)
        filtering = {each.filter_name: each for each in columns if each.filters}
        equal = (
            _has(table, filtering[name], value)
            for name, value in filters.items()
            if value or value == ()
        )
        indexed = order.column == "reference"
        return Plan(every, every.where(*equal), order, table.c.leaf, indexed=indexed)

    return planned


def _has(table: Table, listed: ListColumn, value: Wanted) -> ColumnElement[bool]:
    """Whether a row has a value in a column, or among several in it, exactly.

    Of several values, one of them; an empty tuple is that it has none.
    """
    if isinstance(value, tuple):
        own = table.c[listed.name]
        return own.in_(value) if value else own.is_(None)
    if listed.cell is CellKind.FLAG:
        return table.c[listed.name] == (value == YesNo.YES)
    if not listed.one:
        return table.c[listed.name] == value
    every = table.c[listed.each]
    # Unlike LIKE, what is replaced is the same on each database: by case.
    return func.replace(every, several([value]), literal_column("''")) != every


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
        columns = projection.listing.columns if projection.listing else ()
        several_in = {each.one: each.each for each in columns if each.one}
        column = table.c[several_in.get(name, name)]
        newest = select(column).order_by(table.c.leaf.desc()).limit(ROWS_FOR_CHOICES)
        found = list(connection.execute(newest).scalars())
    given = (value for value in found if value is not None)
    each = (one for text in given for one in those_in(text)) if name in several_in else given
    values = list(dict.fromkeys(each))
    complete = len(found) < ROWS_FOR_CHOICES and len(values) <= MAX_CHOICES
    return sorted(values[:MAX_CHOICES]), complete
