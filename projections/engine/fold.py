"""Folding a batch into a generation's table: rows in memory first, then written with the position."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from ledger.domain.envelope import Recorded
from projections.engine.projection import Key, Projection, Row

KEYS_PER_QUERY = 300


def fold(
    projection: Projection, rows: dict[Key, Row], events: Iterable[tuple[Recorded, Sequence[Key]]]
) -> dict[Key, Row]:
    """Every row that the events touch, as it is after them. Pure."""
    changed: dict[Key, Row] = {}
    for recorded, keys in events:
        for key in keys:
            changed[key] = rows[key] = projection.evolve(rows.get(key), recorded, key)
    return changed


def read_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """The rows of these keys that are there."""
    columns = list(table.primary_key.columns)
    rows: dict[Key, Row] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        chunk = keys[start : start + KEYS_PER_QUERY]
        if len(columns) == 1:
            wanted = columns[0].in_([key[0] for key in chunk])
        else:
            wanted = tuple_(*columns).in_(chunk)
        for row in connection.execute(select(table).where(wanted)).mappings():
            rows[tuple(row[column.name] for column in columns)] = dict(row)
    return rows


def write_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Inserts or replaces rows by their primary key."""
    values: list[dict[str, Any]] = [dict(row) for row in rows]
    if not values:
        return
    statement = insert(table)
    names = [column.name for column in table.columns if not column.primary_key]
    statement = (
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: statement.excluded[name] for name in names},
        )
        if names
        else statement.on_conflict_do_nothing()
    )
    connection.execute(statement, values)

