"""Queries of the read models that are listed without code of their own."""

from collections.abc import Mapping

from sqlalchemy import select

from projections.catalogue import PROJECTIONS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.queries.incidents import MOST_CHOICES
from projections.queries.paging import Page, page

ROWS_FOR_CHOICES = 5_000
"""Among so many of the newest rows the values of the filters are looked for."""

LISTED: tuple[tuple[Projection, ListView], ...] = tuple(
    (each, each.listing) for each in PROJECTIONS if each.listing is not None
)
"""The read models that are listed, in the order of the registry."""


def rows(
    views: ViewsDatabase,
    projection: Projection,
    filters: Mapping[str, str | None],
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Rows that match every filter, the newest first. Raises Invalid for a foreign cursor."""
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
            falling=True,
            sort=projection.name,
            cursor=cursor,
            limit=limit,
        )


def choices(views: ViewsDatabase, projection: Projection, name: str) -> tuple[list[str], bool]:
    """Values that a filter can take, of the newest rows; and whether that is all of them."""
    with views.begin() as connection:
        table = live_table(connection, projection)
        if table is None:
            return [], True
        newest = select(table.c[name]).order_by(table.c.leaf.desc()).limit(ROWS_FOR_CHOICES)
        found = list(connection.execute(newest).scalars())
    values = list(dict.fromkeys(value for value in found if value is not None))
    whole = len(found) < ROWS_FOR_CHOICES and len(values) <= MOST_CHOICES
    return sorted(values[:MOST_CHOICES]), whole
