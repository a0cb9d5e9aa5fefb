"""A table's statements on SQLite: rows by `executemany`, keys by placeholders."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect, Table, select, tuple_
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.sqlite import insert

from projections.engine.binding import Binding
from projections.engine.projection import Key, Row

KEYS_PER_QUERY = 256


class SQLiteStatements:
    """See `Statements`."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._table = table
        self._dialect = dialect
        self._binding = Binding(list(table.columns), dialect)
        self._width = len(table.primary_key.columns)
        self._lookups: dict[int, str] = {}
        self._insert = self._sql(plain_insert(table))
        self._upsert = self._sql(_upsert(table))

    def write(self, connection: Connection, rows: Iterable[Row], *, new: bool) -> None:
        """See `Statements.write`."""
        if values := self._binding.bind_rows(rows):
            connection.exec_driver_sql(self._insert if new else self._upsert, values)

    def read(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
        """See `Statements.read`."""
        found: dict[Key, Row] = {}
        for start in range(0, len(keys), KEYS_PER_QUERY):
            chunk = keys[start : start + KEYS_PER_QUERY]
            # Few sizes, so few statements: the last key is repeated to fill up the size.
            size = 1 << (len(chunk) - 1).bit_length()
            wanted = [*chunk, *[chunk[-1]] * (size - len(chunk))]
            values = tuple(part for key in wanted for part in key)
            rows = connection.exec_driver_sql(self._lookup(size), values).all()
            own = (tuple(row[: self._width]) for row in rows)
            found |= zip(own, self._binding.result_rows(rows), strict=True)
        return found

    def grant_read(self, connection: Connection) -> None:
        """See `Statements.grant_read`. Access to the file is enough."""

    def analyze(self, connection: Connection) -> None:
        """See `Statements.analyze`. SQLite chooses the indexes without statistics."""

    def _lookup(self, size: int) -> str:
        """The query for the rows of `size` keys."""
        if (sql := self._lookups.get(size)) is None:
            columns = list(self._table.primary_key.columns)
            # The values are not used: they only set the number of placeholders.
            if len(columns) == 1:
                wanted = columns[0].in_([None] * size)
            else:
                wanted = tuple_(*columns).in_([(None,) * len(columns)] * size)
            sql = self._lookups[size] = self._sql(select(self._table).where(wanted))
        return sql

    def _sql(self, statement: ClauseElement) -> str:
        return str(
            statement.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True})
        )


def _upsert(table: Table) -> Any:
    statement = insert(table)
    names = [column.name for column in table.columns if not column.primary_key]
    if not names:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in names},
    )
