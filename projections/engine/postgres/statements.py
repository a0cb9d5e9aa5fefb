"""A table's statements on PostgreSQL: one for any number of rows or keys; columns are arrays."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Dialect, Float, Table

from projections.engine.binding import Binding
from projections.engine.postgres.schema import READERS
from projections.engine.projection import Key, Row
from projections.engine.types import PostgresDocument, PostgresText, Sparse


class PostgresStatements:
    """See `Statements`."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        quoted = dialect.identifier_preparer.quote
        columns, keys = list(table.columns), list(table.primary_key.columns)
        name, names = quoted(table.name), [quoted(column.name) for column in columns]
        self._name = name
        self._binding = Binding(columns, dialect)
        self._insert = (
            f"INSERT INTO {name} ({', '.join(names)})"  # noqa: S608 - names of ours
            f" SELECT * FROM unnest({', '.join(_array(column, dialect) for column in columns)})"
        )
        own = [quoted(column.name) for column in keys]
        others = [each for each in names if each not in own]
        done = f"UPDATE SET {', '.join(f'{each} = excluded.{each}' for each in others)}"
        self._upsert = (
            f"{self._insert} ON CONFLICT ({', '.join(own)}) DO {done if others else 'NOTHING'}"
        )
        wanted = [f"key_{number}" for number in range(len(keys))]
        same = " AND ".join(f"{a} = {b}" for a, b in zip(own, wanted, strict=True))
        # OFFSET 0 prevents flattening of the subquery: one index look-up per key, whatever the
        # planner's statistics of a table that is being filled.
        self._lookup = (
            f"SELECT found.* FROM unnest({', '.join(_array(key, dialect) for key in keys)})"  # noqa: S608
            f" AS wanted ({', '.join(wanted)}),"
            f" LATERAL (SELECT {', '.join(names)} FROM {name} WHERE {same} OFFSET 0) AS found"
        )
        self._keys = Binding(keys, dialect)

    def write(self, connection: Connection, rows: Iterable[Row], *, new: bool) -> None:
        """See `Statements.write`."""
        if values := self._binding.bind_rows(rows):
            connection.exec_driver_sql(self._insert if new else self._upsert, _arrays(values))

    def read(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
        """See `Statements.read`."""
        if not keys:
            return {}
        found = connection.exec_driver_sql(self._lookup, _arrays(self._keys.bind(list(keys))))
        rows = self._binding.result_rows(found)
        return {tuple(row[name] for name in self._keys.names): row for row in rows}

    def grant_read(self, connection: Connection) -> None:
        """See `Statements.grant_read`."""
        connection.exec_driver_sql(f"GRANT SELECT ON {self._name} TO {', '.join(READERS)}")

    def analyze(self, connection: Connection) -> None:
        """See `Statements.analyze`."""
        connection.exec_driver_sql(f"ANALYZE {self._name}")


def _arrays(rows: list[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*rows, strict=True)))


def _array(column: Column[Any], dialect: Dialect) -> str:
    """The placeholder for the values of a column. Raises TypeError for an unsupported type."""
    match column.type.dialect_impl(dialect):
        case PostgresText() | PostgresDocument() | Sparse():
            return "%b::text[]"
        case BigInteger():
            return "%b::bigint[]"
        case Boolean():
            return "%b::boolean[]"
        case Float():
            return "%b::double precision[]"
        case other:
            raise TypeError(
                f"{column.name} has the type {other!r}, which read models do not support"
            )
