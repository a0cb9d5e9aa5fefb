"""Queries of the read models with a generic list."""

from collections.abc import Mapping

from sqlalchemy import select

from projections.catalogue import PROJECTIONS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.queries.incidents import MAX_CHOICES
from projections.queries.paging import Page, page

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
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Rows that match every filter, the newest first. Raises Invalid for an invalid cursor."""
    with views.begin() as connection:
        table = live_table(connection, projection)
        if table is None:
            return Page([], None)
        query = select(table).where(
            *(table.c[name] == value for name, value in filters.items() if value)
        )
        by = (table.c.leaf,)
        return page(
            connection,
            query,
            by,
            descending=True,
            sort=projection.name,
            cursor=cursor,
            limit=limit,
        )


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
