"""Folding a batch into a generation: rows in memory first, then written with the position."""

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
"""The rows of some keys that are there."""


class Folded(NamedTuple):
    """A batch folded into a generation: the rows it changed, and where that stands then.

    `failure` is what is wrong with the event that ended it early.
    """

    projection: Projection
    before: Generation
    after: Generation
    rows: dict[Key, Row]
    failure: Exception | None

    @property
    def move(self) -> Move:
        """The move of its position."""
        return Move(self.projection, self.before, self.after)


def fold(
    connection: Connection,
    batch: Batch,
    projection: Projection,
    at: Generation,
    lookup: Lookup | None = None,
) -> Folded:
    """Folds a batch into a generation that stands before it, and writes nothing yet.

    An event that cannot be read or folded ends the batch before it. Rows come from `lookup`, else
    from the table.
    """
    changed, end, failure = evolved(
        connection, batch, batch.places(projection), projection, at.number, lookup
    )
    after = at if end == 0 else replace(at, next=at.next + end, stands_on=batch.stands_on(end))
    return Folded(projection, at, after, changed, failure)


def evolved(
    connection: Connection,
    events: Events,
    places: Sequence[int],
    projection: Projection,
    number: int,
    lookup: Lookup | None = None,
) -> tuple[dict[Key, Row], int, Exception | None]:
    """The rows that the events at these places change, as they are after them; nothing is written.

    And the place at which it ended, and what is wrong there, where that is before the last.
    """
    found, end, failure = _touching(events, places, projection)
    known: dict[Key, Row] = {}
    if not projection.inserts:
        touched = _there_before(found)
        if lookup is None:
            known = read_rows(connection, projection.table(number), touched)
        else:
            known = lookup(connection, touched)
    changed, folded, fault = _evolve(projection, known, found)
    return (changed, end, failure) if fault is None else (changed, folded, fault)


def write(connection: Connection, folded: Folded) -> None:
    """Writes the rows; the position is yet to be moved."""
    projection = folded.projection
    table = projection.table(folded.before.number)
    write_rows(connection, table, folded.rows.values(), new=projection.inserts)


_Touching = tuple[int, Recorded, tuple[Key, ...]]


def _touching(
    batch: Events, places: Sequence[int], projection: Projection
) -> tuple[list[_Touching], int, Exception | None]:
    """The events that a projection reads, with place and keys; where they end, and why there."""
    events: list[_Touching] = []
    place = 0
    try:
        for place in places:
            recorded = batch.recorded(place)
            if keys := tuple(projection.keys(recorded)):
                events.append((place, recorded, keys))
    except Exception as error:  # noqa: BLE001 - the caller stops this projection, and says why
        return events, place, error
    return events, len(batch.entries), None


def _there_before(events: Sequence[_Touching]) -> list[Key]:
    """The keys whose rows may be there: a stream's first event is also its rows' first."""
    first_touched: dict[Key, int] = {}
    for _, recorded, keys in events:
        for key in keys:
            first_touched.setdefault(key, recorded.version)
    return [key for key, version in first_touched.items() if version > 1]


def _evolve(
    projection: Projection, known: dict[Key, Row], events: Sequence[_Touching]
) -> tuple[dict[Key, Row], int, Exception | None]:
    """Every row that the events change, as it is after them; where that failed, and why."""
    changed: dict[Key, Row] = {}
    evolve = projection.evolve
    place = 0
    try:
        for place, recorded, keys in events:  # noqa: B007 - where it failed
            if len(keys) == 1:
                key = keys[0]
                changed[key] = evolve(changed.get(key) or known.get(key), recorded, key)
            else:
                changed |= {
                    key: evolve(changed.get(key) or known.get(key), recorded, key) for key in keys
                }
    except Exception as error:  # noqa: BLE001 - the caller stops this projection, and says why
        return changed, place, error
    return changed, len(events), None
