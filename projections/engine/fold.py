"""Folding a batch into a generation: rows in memory first, then written with the position."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, select, tuple_
from sqlalchemy.dialects.sqlite import Insert, insert

from ledger.domain.envelope import Recorded, kind_of
from projections.engine.feed import Batch
from projections.engine.generations import Generation, move
from projections.engine.projection import Key, Projection, Row

KEYS_PER_QUERY = 300


def advance(
    connection: Connection, batch: Batch, projection: Projection, at: Generation
) -> Generation:
    """Folds a batch into a generation that stands before it; returns where that stands then.

    An event that cannot be read or folded ends the batch before it. Raises what is wrong with it
    where it is the first.
    """
    events, end, failure = _decode(batch, projection)
    touched = list(dict.fromkeys(key for _, _, keys in events for key in keys))
    table = projection.table(at.number)
    changed, folded, fault = _fold(projection, read_rows(connection, table, touched), events)
    if fault is not None:
        end, failure = folded, fault
    if end == 0:
        if failure is not None:
            raise failure
        return at
    write_rows(connection, table, changed.values())
    after = replace(at, next=at.next + end, stands_on=batch.stands_on(end))
    move(connection, projection, at, after)
    return after


_Touching = tuple[int, Recorded, tuple[Key, ...]]


def _decode(batch: Batch, projection: Projection) -> tuple[list[_Touching], int, Exception | None]:
    """The events that a projection reads, with place and keys; where they end, and why there."""
    events: list[_Touching] = []
    for place, entry in enumerate(batch.entries):
        if kind_of(entry.stream) not in projection.kinds:
            continue
        try:
            recorded = batch.recorded(place)
            events.append((place, recorded, tuple(projection.keys(recorded))))
        except Exception as error:  # noqa: BLE001 - the caller stops this projection, and says why
            return events, place, error
    return events, len(batch.entries), None


def _fold(
    projection: Projection, rows: dict[Key, Row], events: Iterable[_Touching]
) -> tuple[dict[Key, Row], int, Exception | None]:
    """Every row that the events touch, as it is after them; where that failed, and why."""
    changed: dict[Key, Row] = {}
    for place, recorded, keys in events:
        try:
            after = {key: projection.evolve(rows.get(key), recorded, key) for key in keys}
        except Exception as error:  # noqa: BLE001 - the caller stops this projection, and says why
            return changed, place, error
        rows |= after
        changed |= after
    return changed, 0, None


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
    connection.execute(_upsert(table), values)


@lru_cache(maxsize=256)
def _upsert(table: Table) -> Insert:
    statement = insert(table)
    names = [column.name for column in table.columns if not column.primary_key]
    if not names:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in names},
    )
