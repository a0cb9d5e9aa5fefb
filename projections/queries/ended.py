"""Queries of incidents whose work ended."""

from sqlalchemy import select

from ledger.vocabulary import Status
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.queries.paging import Page, no_rows, page
from projections.register import REGISTER


def ended_incidents(
    views: ViewsDatabase, before: str, *, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Incidents that are not open and were detected before a time (RFC 3339 in UTC), oldest first.

    Raises Invalid for an invalid cursor.
    """
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return no_rows(cursor)
        own = table.c
        query = select(
            own.incident, own.leaf, own.detected_at, own.system, own.status, own.ended
        ).where(own.status != Status.OPEN, own.detected_at < before)
        by = (own.detected_at, own.incident)
        return page(connection, query, by, sort="ended", cursor=cursor, limit=limit)
