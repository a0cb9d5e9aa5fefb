"""Looks up rows by many keys at once."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from projections.engine.projection import Row

KEYS_PER_QUERY = 300
"""Databases limit the number of values in one statement."""


def rows_for(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Collection[Any]
) -> Iterator[Row]:
    """The rows of `query` whose `column` is one of `keys`; any number of keys.

    The rows of one key are adjacent, in the query's order.
    """
    wanted = list(keys)
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        some = query.where(column.in_(wanted[start : start + KEYS_PER_QUERY]))
        yield from (dict(row) for row in connection.execute(some).mappings())
