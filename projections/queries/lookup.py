"""Rows looked up by many keys at once."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from projections.engine.projection import Row

KEYS_PER_QUERY = 300
"""A database takes only so many values in one statement."""


def rows_for(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Collection[Any]
) -> Iterator[Row]:
    """The rows of `query` whose `column` is one of `keys`, however many keys there are.

    The rows of one key come together, in the query's order.
    """
    wanted = list(keys)
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        some = query.where(column.in_(wanted[start : start + KEYS_PER_QUERY]))
        yield from (dict(row) for row in connection.execute(some).mappings())
