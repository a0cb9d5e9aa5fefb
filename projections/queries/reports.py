"""Queries of the incidents that somebody reported: those whose first event is that actor's."""

from collections.abc import Sequence

from sqlalchemy import select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.queries.paging import Page, encode_cursor, no_rows, page
from projections.register import REGISTER

_SORT = "reports"


def reported_by(
    views: ViewsDatabase,
    actors: Sequence[str],
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """The register's rows that any of these actors opened, the newest first.

    Raises Invalid for an invalid cursor. Each actor's are read from an index, in order.
    """
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return no_rows(cursor)
        found: list[Row] = []
        for actor in dict.fromkeys(actors):
            own = select(table).where(table.c.opened_by == actor)
            by, most = (table.c.leaf,), None if limit is None else limit + 1
            some = page(connection, own, by, descending=True, sort=_SORT, cursor=cursor, limit=most)
            found += some.rows
    found.sort(key=lambda row: row["leaf"], reverse=True)
    if limit is None or len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], encode_cursor(_SORT, [found[limit - 1]["leaf"]]))
