"""How rows become what a driver takes, and back; SQLAlchemy is asked once a table."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Column, Dialect

from projections.engine.projection import Row

_Process = Callable[[Any], Any]


class Binding:
    """Rows of some columns, on one kind of database."""

    def __init__(self, columns: Sequence[Column[Any]], dialect: Dialect) -> None:
        self.names = [column.name for column in columns]
        self._binds = _processes(
            # Every driver takes a truth value as it is.
            None
            if isinstance(column.type, Boolean)
            else column.type.dialect_impl(dialect).bind_processor(dialect)
            for column in columns
        )
        self._results = _processes(
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        )
        self._parts = itemgetter(*self.names) if len(self.names) > 1 else None

    def values(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """Rows as the driver takes them."""
        if self._parts is None:
            found = [(row[self.names[0]],) for row in rows]
        else:
            found = list(map(self._parts, rows))
        return self.bound(found)

    def bound(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The same of rows that are tuples in the order of the columns."""
        return _processed(rows, self._binds) if self._binds else rows

    def row(self, found: Sequence[Any]) -> Row:
        """A row as the driver gave it."""
        row = dict(zip(self.names, found, strict=True))
        for at, process in self._results:
            row[self.names[at]] = process(found[at])
        return row


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
