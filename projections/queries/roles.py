"""Queries of roles: what holds at a time, and whether the glass is broken."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Table, and_, or_, select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.queries.lookup import rows_for
from projections.queries.paging import Page, no_rows, page
from projections.roles import GLASS, JOINED, ROLES


def roles_page(
    views: ViewsDatabase, at: str, *, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Grants and delegations that hold at a time (RFC 3339 in UTC), by holder.

    A delegation is among them also where its role has ended. Raises Invalid for another cursor.
    """
    with views.begin() as connection:
        table = live_table(connection, ROLES)
        if table is None:
            return no_rows(cursor)
        own = table.c
        by = (own.holder, own.role, own.system, own.basis, own.delegator)
        query = _holding(table, at).where(own.basis.not_in((GLASS, JOINED)))
        return page(connection, query, by, sort="roles", cursor=cursor, limit=limit)


def grants_of(views: ViewsDatabase, holders: Collection[str], at: str) -> list[Row]:
    """What these holders hold at a time by a grant of their own."""
    with views.begin() as connection:
        table = live_table(connection, ROLES)
        if table is None or not holders:
            return []
        granted = _holding(table, at).where(table.c.basis.in_(("admin", "provider")))
        return list(rows_for(connection, granted, table.c.holder, holders))


def joined_ids(views: ViewsDatabase) -> list[tuple[str, str]]:
    """Pairs of ids of one human, each as (one, other), in both directions."""
    with views.begin() as connection:
        table = live_table(connection, ROLES)
        if table is None:
            return []
        query = select(table.c.holder, table.c.delegator).where(table.c.basis == JOINED)
        return [(row.holder, row.delegator) for row in connection.execute(query)]


def broken_glass(views: ViewsDatabase, at: str) -> list[Row]:
    """The glasses that are broken at a time."""
    with views.begin() as connection:
        table = live_table(connection, ROLES)
        if table is None:
            return []
        query = select(table).where(and_(table.c.basis == GLASS, table.c.until > at))
        return [dict(row) for row in connection.execute(query).mappings()]


def _holding(table: Table, at: str) -> Select[Any]:
    own = table.c
    lasts = or_(own.until.is_(None), own.until > at)
    return select(table).where(own.ended_at.is_(None), lasts)
