"""The orders of the monthly counts: which months and systems a page shows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Subquery,
    Table,
    asc,
    column,
    desc,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.monthly_count import MONTHLY_COUNT
from projections.queries.ordering import Order
from projections.queries.paging import behind
from projections.queries.system_names import is_of_system
from projections.reviews import REVIEWS

COUNT_SORTS: Mapping[str, ColumnElement[Any]] = {
    "month": column("month", String),
    "system": column("system", String),
    "count": column("count", Integer),
    "near_misses": column("near_misses", Integer),
}
"""What each sort of the counts orders by: a column of the query."""
Terms = Sequence[tuple[str, bool]]
"""The names of an order's columns, and whether each descends."""


def counts_order(order: Order) -> Terms:
    """The sort's column, and the default order behind it."""
    default = (("month", True), ("system", False))
    return [
        (order.column, order.descending),
        *(each for each in default if each[0] != order.column),
    ]


def pairs_in_order(
    connection: Connection,
    month: str | None,
    system: str | None,
    terms: Terms,
    after: Sequence[str | int] | None,
    limit: int | None,
) -> list[Row]:
    """Months and systems in order, after a cursor's; reads at most `limit`."""
    found = []
    for projection, flag in ((MONTHLY_COUNT, "counted"), (MONTHLY_COUNT, "averted"), (REVIEWS, "")):
        if (table := live_table(connection, projection)) is None:
            continue
        query = select(table.c.month, table.c.system).distinct()
        query = query.where(*_pair_conditions(connection, table, month, system))
        if flag:
            query = query.where(table.c[flag])
        ordered = _in_order(query, table.c, terms, after).limit(limit).subquery()
        found.append(select(ordered.c.month, ordered.c.system))
    if not found:
        return []
    return _rows(connection, union(*found).subquery(), terms, None, limit)


def totals_in_order(
    connection: Connection,
    month: str | None,
    system: str | None,
    terms: Terms,
    after: Sequence[str | int] | None,
    limit: int | None,
) -> list[Row]:
    """As `pairs_in_order`, with `count` and `near_misses`: it counts every month that matches."""
    found: list[Select[Any]] = []
    if (table := live_table(connection, MONTHLY_COUNT)) is not None:
        numbers = (
            func.count().filter(table.c[flag]).label(name)
            for flag, name in (("counted", "count"), ("averted", "near_misses"))
        )
        found.append(
            select(table.c.month, table.c.system, *numbers)
            .where(*_pair_conditions(connection, table, month, system))
            .where(or_(table.c.counted, table.c.averted))
            .group_by(table.c.month, table.c.system)
        )
    if (table := live_table(connection, REVIEWS)) is not None:
        none = (literal(0).label("count"), literal(0).label("near_misses"))
        found.append(
            select(table.c.month, table.c.system, *none).where(
                *_pair_conditions(connection, table, month, system)
            )
        )
    if not found:
        return []
    return _rows(connection, _largest(union_all(*found).subquery()), terms, after, limit)


def _rows(
    connection: Connection,
    every: Subquery,
    terms: Terms,
    after: Sequence[str | int] | None,
    limit: int | None,
) -> list[Row]:
    ordered = _in_order(select(every), every.c, terms, after).limit(limit)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def _largest(every: Subquery) -> Subquery:
    """One row for each pair: a review alone has no number."""
    numbers = (func.max(every.c[name]).label(name) for name in ("count", "near_misses"))
    pair = (every.c.month, every.c.system)
    return select(*pair, *numbers).group_by(*pair).subquery()


def _pair_conditions(
    connection: Connection, table: Table, month: str | None, system: str | None
) -> Iterator[ColumnElement[bool]]:
    if month:
        yield table.c.month == month
    if system:
        yield is_of_system(connection, table.c.system, system)


def _in_order(
    query: Select[Any], columns: Any, terms: Terms, after: Sequence[str | int] | None
) -> Select[Any]:
    """The query in order, after a cursor's values."""
    ordered = [(columns[name], descending) for name, descending in terms]
    if after is not None:
        query = query.where(behind(ordered, after))
    return query.order_by(*(desc(each) if falls else asc(each) for each, falls in ordered))
