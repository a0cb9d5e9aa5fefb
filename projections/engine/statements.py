"""The statements of a table: SQLAlchemy compiles each once, the driver executes it on tuples.

Building and binding a dictionary a row costs SQLAlchemy several times what the database needs to
write it. What depends on the database is here alone: its `insert`, and how it marks parameters.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, ClauseElement, Column, Connection, Dialect, Table, select, tuple_
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from projections.engine.projection import Key, Row

KEYS_PER_QUERY = 256
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_Process = Callable[[Any], Any]


def write_rows(
    connection: Connection, table: Table, rows: Iterable[Row], *, new: bool = False
) -> None:
    """Inserts or replaces rows by their primary key; only inserts where all of them are `new`."""
    statements = _statements(table, connection.dialect)
    if values := statements.values(rows):
        sql = statements.insert if new else statements.upsert
        connection.exec_driver_sql(sql, values)


def read_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """The rows of these keys that are there."""
    statements = _statements(table, connection.dialect)
    found: dict[Key, Row] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        chunk = keys[start : start + KEYS_PER_QUERY]
        # Few sizes, so few statements: the last key stands in for those that are missing.
        size = 1 << (len(chunk) - 1).bit_length()
        wanted = [*chunk, *[chunk[-1]] * (size - len(chunk))]
        values = tuple(part for key in wanted for part in key)
        for row in connection.exec_driver_sql(statements.lookup(size), values):
            found[row[: statements.width]] = statements.row(row)
    return found


class Statements:
    """What one table's rows are written and read with, on one kind of database."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.width = len(table.primary_key.columns)
        self._table = table
        self._dialect = _positional(dialect)
        self._names = [column.name for column in table.columns]
        self._binds = _processes(
            # Every driver takes a truth value as it is.
            None
            if isinstance(column.type, Boolean)
            else _impl(column, dialect).bind_processor(dialect)
            for column in table.columns
        )
        self._results = _processes(
            _impl(column, dialect).result_processor(dialect, None) for column in table.columns
        )
        self._parts = itemgetter(*self._names) if len(self._names) > 1 else None
        self._lookups: dict[int, str] = {}
        self.insert = self._sql(plain_insert(table))
        self.upsert = self._sql(self._upsert())

    def lookup(self, size: int) -> str:
        """The query for the rows of so many keys."""
        if (sql := self._lookups.get(size)) is None:
            columns = list(self._table.primary_key.columns)
            # The values are never seen: they only say how many marks there are.
            if len(columns) == 1:
                wanted = columns[0].in_([None] * size)
            else:
                wanted = tuple_(*columns).in_([(None,) * len(columns)] * size)
            sql = self._lookups[size] = self._sql(select(self._table).where(wanted))
        return sql

    def values(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """Rows as the driver takes them."""
        if self._parts is None:
            found = [(row[self._names[0]],) for row in rows]
        else:
            found = list(map(self._parts, rows))
        return _processed(found, self._binds) if self._binds else found

    def row(self, found: Sequence[Any]) -> Row:
        """A row as the driver gave it."""
        row = dict(zip(self._names, found, strict=True))
        for at, process in self._results:
            row[self._names[at]] = process(found[at])
        return row

    def _upsert(self) -> Any:
        statement: Any = _INSERTS[self._dialect.name](self._table)
        names = [column.name for column in self._table.columns if not column.primary_key]
        if not names:
            return statement.on_conflict_do_nothing()
        return statement.on_conflict_do_update(
            index_elements=list(self._table.primary_key.columns),
            set_={name: statement.excluded[name] for name in names},
        )

    def _sql(self, statement: ClauseElement) -> str:
        return str(
            statement.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True})
        )


@lru_cache(maxsize=256)
def _statements(table: Table, dialect: Dialect) -> Statements:
    return Statements(table, dialect)


def _positional(dialect: Dialect) -> Dialect:
    """A dialect of the same kind that marks parameters by their place."""
    style = "qmark" if dialect.paramstyle == "qmark" else "format"
    return type(dialect)(paramstyle=style)  # type: ignore[call-arg]


def _impl(column: Column[Any], dialect: Dialect) -> TypeEngine[Any]:
    return column.type.dialect_impl(dialect)


def _processes(found: Iterable[_Process | None]) -> list[tuple[int, _Process]]:
    return [(at, process) for at, process in enumerate(found) if process is not None]


def _processed(
    rows: list[tuple[Any, ...]], processes: list[tuple[int, _Process]]
) -> list[tuple[Any, ...]]:
    bound = []
    for row in rows:
        values = list(row)
        for at, process in processes:
            values[at] = process(values[at])
        bound.append(tuple(values))
    return bound
