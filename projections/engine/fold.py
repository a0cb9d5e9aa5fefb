"""Folds a batch into a generation: rows in memory first, then one write with the position."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.domain.envelope import Recorded
from ledger.domain.subject import SubjectErased
from projections.engine.erasing import blank_other_generations, blanked
from projections.engine.feed import Batch, Events
from projections.engine.generations import Generation, Move
from projections.engine.projection import Evolve, Key, OutsideColumn, Projection, Row
from projections.engine.statements import read_rows, write_rows

Lookup = Callable[[Connection, Sequence[Key]], dict[Key, Row]]
"""The existing rows of some keys."""


class Evolved(NamedTuple):
    """The rows after some events: those that changed, and the index at which folding ended.

    `failure` is the error there if it ended early; `erased` are the texts that were erased.
    """

    rows: dict[Key, Row]
    end: int
    failure: Exception | None
    erased: frozenset[str]


class Folded(NamedTuple):
    """The result of folding a batch into a generation: changed rows, old and new position.

    `failure` is the error of the event that ended the batch early.
    """

    projection: Projection
    before: Generation
    after: Generation
    rows: dict[Key, Row]
    failure: Exception | None
    erased: frozenset[str]

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
    evolved = evolve_rows(
        connection, batch, batch.indexes_for(projection), projection, at.number, lookup
    )
    after, end = at, evolved.end
    if end:
        after = replace(at, next=at.next + end, anchor_hash=batch.anchor_hash(end))
    return Folded(projection, at, after, evolved.rows, evolved.failure, evolved.erased)


def evolve_rows(
    connection: Connection,
    events: Events,
    indexes: Sequence[int],
    projection: Projection,
    number: int,
    lookup: Lookup | None = None,
) -> Evolved:
    """Computes the rows after the events at these indexes; writes nothing.

    Texts beside the log are read here. Where partitions are folded apart, that is under the
    writers' lock: a text is erased before its `SubjectErased` is recorded, so whoever folds this
    one first leaves no text to read, and whoever folds it last finds the row.
    """
    found, end, failure = _matching(events, indexes, projection)
    known: dict[Key, Row] = {}
    if not projection.inserts:
        keys = _existing_keys(found)
        if lookup is None:
            known = read_rows(connection, projection.table(number), keys)
        else:
            known = lookup(connection, keys)
    evolve = projection.evolve
    if projection.with_texts is not None:
        evolve = projection.with_texts(events.texts_of(recorded for _, recorded, _ in found))
    changed, folded, fault = _evolve(evolve, projection.outside, known, found)
    if fault is not None:
        end, failure = folded, fault
    erased = _erased(projection, found, end)
    return Evolved(changed, end, failure, erased)


def write(connection: Connection, folded: Folded) -> None:
    """Writes the rows; the caller moves the position."""
    write_evolved(connection, folded.projection, folded.before.number, folded.rows, folded.erased)


def write_evolved(
    connection: Connection,
    projection: Projection,
    number: int,
    rows: Mapping[Key, Row],
    erased: Collection[str],
) -> None:
    """Writes the rows of a generation. What other generations have of erased texts goes, too."""
    write_rows(connection, projection.table(number), rows.values(), new=projection.inserts)
    if erased:
        blank_other_generations(connection, projection, number, erased)


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
    """The keys whose rows may exist: a stream's first event is also the first of its rows.

    An erasure is of another stream than the rows that it blanks.
    """
    may_exist: dict[Key, bool] = {}
    for _, recorded, keys in events:
        known = recorded.version > 1 or isinstance(recorded.event, SubjectErased)
        for key in keys:
            may_exist.setdefault(key, known)
    return [key for key, exists in may_exist.items() if exists]


def _erased(projection: Projection, events: Sequence[_Matching], end: int) -> frozenset[str]:
    """The texts that events before the index `end` erased, if the projection has any."""
    if not projection.outside:
        return frozenset()
    of = (recorded.event for index, recorded, _ in events if index < end)
    return frozenset(text for each in of if isinstance(each, SubjectErased) for text in each.texts)


def _evolve(
    evolve: Evolve,
    outside: Sequence[OutsideColumn],
    known: dict[Key, Row],
    events: Sequence[_Matching],
) -> tuple[dict[Key, Row], int, Exception | None]:
    """The changed rows, the index at which folding failed, and the error."""
    changed: dict[Key, Row] = {}
    index = 0
    try:
        for index, recorded, keys in events:  # noqa: B007 - returned on failure
            if outside and isinstance(recorded.event, SubjectErased):
                rows = ((key, changed.get(key) or known.get(key)) for key in keys)
                changed |= {
                    key: blanked(row, outside, recorded.event.texts)
                    for key, row in rows
                    if row is not None
                }
            elif len(keys) == 1:
                key = keys[0]
                changed[key] = evolve(changed.get(key) or known.get(key), recorded, key)
            else:
                changed |= {
                    key: evolve(changed.get(key) or known.get(key), recorded, key) for key in keys
                }
    except Exception as error:  # noqa: BLE001 - the caller stops this projection and logs the error
        return changed, index, error
    return changed, len(events), None
