"""How a list is narrowed to rows of some values."""

from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, Table

from projections.values import bounded


def narrowed(table: Table, values: Mapping[str, str | None]) -> Iterator[ColumnElement[bool]]:
    """The conditions for columns that have these values; None and "" do not narrow."""
    for name, value in values.items():
        if value:
            yield table.c[name] == (bounded(value) if name == "system" else value)
