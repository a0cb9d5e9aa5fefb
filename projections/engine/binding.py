"""Converts rows to driver parameters and results to rows; asks SQLAlchemy once per table.

Values are processed column by column: a column of plain values costs nothing, and a column of texts
without anything to escape costs one search.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Dialect, Float

from projections.engine.projection import Row
from projections.engine.types import PostgresText, Sparse, escape_all, to_json, unescape_all

_Values = Sequence[Any]
_Process = Callable[[_Values], _Values]


class Binding:
    """Converters for rows of some columns, on one kind of database."""

    def __init__(self, columns: Sequence[Column[Any]], dialect: Dialect) -> None:
        self.names = [column.name for column in columns]
        self._binds = _present(_bind(column, dialect) for column in columns)
        self._results = _present(_result(column, dialect) for column in columns)
        self._parts = itemgetter(*self.names) if len(self.names) > 1 else None

    def bind_rows(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """Rows as parameters for the driver."""
        if self._parts is None:
            found = [(row[self.names[0]],) for row in rows]
        else:
            found = list(map(self._parts, rows))
        return self.bind(found)

    def bind(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The same for rows that are tuples in the order of the columns."""
        return _processed(rows, self._binds)

    def result_rows(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """Rows from the driver's results."""
        processed = _processed([tuple(row) for row in found], self._results)
        return [dict(zip(self.names, row, strict=True)) for row in processed]


def _bind(column: Column[Any], dialect: Dialect) -> _Process | None:
    match column.type.dialect_impl(dialect):
        case Boolean() | Float():
            return None  # every driver accepts a bool and a float
        case PostgresText():
            return escape_all
        case Sparse() as sparse:
            return sparse.encode_all
        case JSON():
            return _each(to_json)
        case other:
            process = other.bind_processor(dialect)
            return None if process is None else _each(process)


def _result(column: Column[Any], dialect: Dialect) -> _Process | None:
    match column.type.dialect_impl(dialect):
        case PostgresText():
            return unescape_all
        case Sparse() as sparse:
            return sparse.decode_all
        case Float():
            return None  # every driver gives a float
        case other:
            process = other.result_processor(dialect, None)
            return None if process is None else _each(process)


def _each(process: Callable[[Any], Any]) -> _Process:
    return lambda values: list(map(process, values))


def _present(found: Iterable[_Process | None]) -> list[tuple[int, _Process]]:
    return [(at, process) for at, process in enumerate(found) if process is not None]


def _processed(
    rows: list[tuple[Any, ...]], processes: list[tuple[int, _Process]]
) -> list[tuple[Any, ...]]:
    if not processes or not rows:
        return rows
    columns: list[_Values] = list(zip(*rows, strict=True))
    for at, process in processes:
        columns[at] = process(columns[at])
    return list(zip(*columns, strict=True))
