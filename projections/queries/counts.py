"""Queries of the monthly counts and of the reviews that they launched (runbook section 6)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, select, tuple_

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.monthly_count import MONTHLY_COUNT
from projections.queries.lookup import rows_for
from projections.queries.paging import Page, opened, page, sealed
from projections.reviews import REVIEWS

Pair = tuple[str, str]
"""A month and a system."""


class Counted(NamedTuple):
    """A system's month: its counted members in order of detection, and its review if launched."""

    month: str
    system: str
    members: list[Row]
    review: Row | None


class CountPage(NamedTuple):
    """Counts in order, and the cursor behind the last one; None at the end."""

    counts: list[Counted]
    next: str | None


class ReviewFilters(NamedTuple):
    """What the reviews are narrowed to; None does not narrow."""

    month: str | None = None
    system: str | None = None


def months(
    views: ViewsDatabase,
    *,
    month: str | None = None,
    system: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> CountPage:
    """Every system's month in which an incident counts or a review was launched.

    Newest month first, systems by name. Raises Invalid for a cursor that is not one of ours.
    """
    with views.begin() as connection:
        pairs = _pairs(connection, month, system)
        if cursor is not None:
            last_month, last_system = (str(each) for each in opened("counts", cursor, [str, str]))
            pairs = [
                (m, s) for m, s in pairs if m < last_month or (m == last_month and s > last_system)
            ]
        shown = pairs if limit is None else pairs[:limit]
        members, launched = _members(connection, shown), _launched(connection, shown)
    found = [Counted(*pair, members.get(pair, []), launched.get(pair)) for pair in shown]
    return CountPage(found, sealed("counts", shown[-1]) if len(shown) < len(pairs) else None)


def reviews(
    views: ViewsDatabase,
    filters: ReviewFilters,
    *,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Reviews, the newest first. Raises Invalid for a cursor that is not one of ours."""
    with views.begin() as connection:
        table = live_table(connection, REVIEWS)
        if table is None:
            return Page([], None)
        query = select(table).where(
            *(table.c[name] == value for name, value in filters._asdict().items() if value)
        )
        by = (table.c.launched_leaf,)
        return page(connection, query, by, falling=True, sort="reviews", cursor=cursor, limit=limit)


def members_of(views: ViewsDatabase, pairs: Collection[Pair]) -> dict[Pair, list[Row]]:
    """The members that count for these months and systems now, in order of detection."""
    with views.begin() as connection:
        return _members(connection, pairs)


def _pairs(connection: Connection, month: str | None, system: str | None) -> list[Pair]:
    found: set[Pair] = set()
    members, launched = live_table(connection, MONTHLY_COUNT), live_table(connection, REVIEWS)
    for table in (members, launched):
        if table is None:
            continue
        query = select(table.c.month, table.c.system).distinct()
        if table is members:
            query = query.where(table.c.counted)
        if month:
            query = query.where(table.c.month == month)
        if system:
            query = query.where(table.c.system == system)
        found |= {(row[0], row[1]) for row in connection.execute(query)}
    by_system = sorted(found, key=lambda pair: pair[1])
    return sorted(by_system, key=lambda pair: pair[0], reverse=True)


def _members(connection: Connection, pairs: Collection[Pair]) -> dict[Pair, list[Row]]:
    table = live_table(connection, MONTHLY_COUNT)
    found: defaultdict[Pair, list[Row]] = defaultdict(list)
    if table is not None:
        query = select(table).where(table.c.counted).order_by(table.c.leaf)
        for row in _of_pairs(connection, query, table, pairs):
            found[row["month"], row["system"]].append(row)
    return found


def _launched(connection: Connection, pairs: Collection[Pair]) -> dict[Pair, Row]:
    table = live_table(connection, REVIEWS)
    if table is None:
        return {}
    found = _of_pairs(connection, select(table), table, pairs)
    return {(row["month"], row["system"]): row for row in found}


def _of_pairs(
    connection: Connection, query: Select[Any], table: Table, pairs: Collection[Pair]
) -> Iterator[Row]:
    return rows_for(connection, query, tuple_(table.c.month, table.c.system), pairs)
