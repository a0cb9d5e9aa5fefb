"""Folds a batch into a generation: rows in memory first, then one write with the position."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.domain.envelope import Recorded
from projections.engine.feed import Batch, Events
from projections.engine.generations import Generation, Move
from projections.engine.projection import Key, Projection, Row
from projections.engine.statements import read_rows, write_rows

Lookup = Callable[[Connection, Sequence[Key]], dict[Key, Row]]
"""The existing rows of some keys."""


class Folded(NamedTuple):
    """The result of folding a batch into a generation: changed rows, old and new position.

    `failure` is the error of the event that ended the batch early.
    """

    projection: Projection
    before: Generation
    after: Generation
    rows: dict[Key, Row]
    failure: Exception | None

    @property
    def move(self) -> Move:
        """The position's move."""
        return Move(self.projection, self.before, self.after)


def fold(
    connection: Connection,
    batch: Batch,
    projection: Projection,
    at: Generation,
    lookup: Lookup | None = None,
) -> Folded:
    """Folds a batch into a generation whose position precedes it; writes nothing.

    An event that cannot be read or folded ends the batch before that event. Rows come from
    `lookup`, else from the table.
    """
    changed, end, failure = evolve_rows(
        connection, batch, batch.indexes_for(projection), projection, at.number, lookup
    )
    after = at if end == 0 else replace(at, next=at.next + end, anchor_hash=batch.anchor_hash(end))
    return Folded(projection, at, after, changed, failure)


def evolve_rows(
    connection: Connection,
    events: Events,
    indexes: Sequence[int],
    projection: Projection,
    number: int,
    lookup: Lookup | None = None,
) -> tuple[dict[Key, Row], int, Exception | None]:
    """Computes the rows after the events at these indexes; writes nothing.

    Returns the changed rows, the index at which folding ended, and the error there if it ended
    early.
    """
    found, end, failure = _matching(events, indexes, projection)
    known: dict[Key, Row] = {}
    if not projection.inserts:
        keys = _existing_keys(found)
        if lookup is None:
            known = read_rows(connection, projection.table(number), keys)
        else:
            known = lookup(connection, keys)
    changed, folded, fault = _evolve(projection, known, found)
    return (changed, end, failure) if fault is None else (changed, folded, fault)


def write(connection: Connection, folded: Folded) -> None:
    """Writes the rows; the caller moves the position."""
    projection = folded.projection
    table = projection.table(folded.before.number)
    write_rows(connection, table, folded.rows.values(), new=projection.inserts)


_Matching = tuple[int, Recorded, tuple[Key, ...]]


def _matching(
    batch: Events, indexes: Sequence[int], projection: Projection
) -> tuple[list[_Matching], int, Exception | None]:
    """The events that a projection reads, with index and keys; the end index; the error there."""
    events: list[_Matching] = []
    index = 0
    try:
        for index in indexes:
            recorded = batch.recorded(index)
            if keys := tuple(projection.keys(recorded)):
                events.append((index, recorded, keys))
    except Exception as error:  # noqa: BLE001 - the caller stops this projection and logs the error
        return events, index, error
    return events, len(batch.entries), None


def _existing_keys(events: Sequence[_Matching]) -> list[Key]:
    """The keys whose rows may exist: a stream's first event is also the first of its rows."""
    first_touched: dict[Key, int] = {}
    for _, recorded, keys in events:
        for key in keys:
            first_touched.setdefault(key, recorded.version)
    return [key for key, version in first_touched.items() if version > 1]


def _evolve(
    projection: Projection, known: dict[Key, Row], events: Sequence[_Matching]
) -> tuple[dict[Key, Row], int, Exception | None]:
    """The changed rows, the index at which folding failed, and the error."""
    changed: dict[Key, Row] = {}
    evolve = projection.evolve
    index = 0
    try:
        for index, recorded, keys in events:  # noqa: B007 - returned on failure
            if len(keys) == 1:
                key = keys[0]
                changed[key] = evolve(changed.get(key) or known.get(key), recorded, key)
            else:
                changed |= {
                    key: evolve(changed.get(key) or known.get(key), recorded, key) for key in keys
                }
    except Exception as error:  # noqa: BLE001 - the caller stops this projection and logs the error
        return changed, index, error
    return changed, len(events), None
