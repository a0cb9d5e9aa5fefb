"""The view that the library's projection fills, as a projection of this ledger's engine."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Integer, String

from ledger.domain.envelope import Recorded
from projections.engine.projection import Key, Projection, Row


def columns() -> Iterable[Column[Any]]:
    """See `tests.bench.library.IncidentsView`."""
    yield Column("stream", String, primary_key=True)
    yield Column("events", Integer, nullable=False)
    yield Column("newest", String, nullable=False)
    yield Column("at", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The stream."""
    return ((recorded.stream,),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """One event more."""
    return {
        "stream": key[0],
        "events": 1 + (row["events"] if row else 0),
        "newest": recorded.event.name,
        "at": recorded.recorded_at.isoformat(),
    }


ONE_VIEW = Projection("streams", 1, frozenset({"incident"}), columns, keys, evolve)
