"""A rebuild fills new generations beside the live ones, then switches them in one transaction.

One pass over the log serves all that are rebuilt: an event is read and decoded once. Most of it is
folded outside the writers' lock, into tables without indexes and over rows kept in memory; the
indexes are made at the end. The old generations stay until the next rebuild, for readers that are
still in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex

from ledger.errors import Conflict, Unavailable
from projections.engine import feed
from projections.engine.database import ViewsDatabase
from projections.engine.feed import Batch, Feed
from projections.engine.fold import Folded, fold, write
from projections.engine.generations import (
    Generation,
    create,
    drop,
    find,
    next_number,
    set_state,
)
from projections.engine.projection import Projection
from projections.engine.projector import Projector
from projections.engine.rows import Rows
from projections.engine.statements import survey


def rebuild(
    projector: Projector, views: ViewsDatabase, projection: Projection, *, until: int
) -> int:
    """Reads one projection anew; returns the number of events passed. See `rebuild_all`."""
    return rebuild_all(projector, views, (projection,), until=until)


def rebuild_all(
    projector: Projector, views: ViewsDatabase, projections: Sequence[Projection], *, until: int
) -> int:
    """Reads projections anew up to at least leaf `until`, and to where the live ones stand.

    Returns the number of events passed. One that meets an event that it cannot read is left as it
    is, and what is wrong is raised once the others are switched. Raises Unavailable where fewer
    than `until` are sealed or another rebuild took over; all then stay as they are.
    """
    rebuilding = _Rebuild(views, projector.new_feed(feed.EVENTS_PER_REBUILD_BATCH))
    rebuilding.begin(projections)
    rebuilding.fill()
    rebuilding.index()
    passed = rebuilding.finish(until)
    projector.resume()
    if rebuilding.failure is not None:
        raise rebuilding.failure
    return passed


@dataclass(slots=True)
class _Building:
    """A generation that is being filled."""

    projection: Projection
    at: Generation
    rows: Rows


class _Rebuild:
    """Generations that are filled together; all stand at the same leaf."""

    def __init__(self, views: ViewsDatabase, log: Feed) -> None:
        self._views = views
        self._log = log
        self._building: list[_Building] = []
        self._next = 0
        self.failure: Exception | None = None

    def begin(self, projections: Sequence[Projection]) -> None:
        """Empty generations, in place of any that were left behind."""
        with self._views.begin(write=True) as connection:
            for projection in projections:
                for state in ("old", "building"):
                    while (left := find(connection, projection, state)) is not None:
                        drop(connection, projection, left.number)
                number = next_number(connection, projection)
                create(connection, projection, number, "building")
                rows = Rows(projection.table(number))
                self._building.append(_Building(projection, Generation(number, 0, b""), rows))

    def fill(self) -> None:
        """Folds whole batches. Only writing them takes the writers' lock."""
        while self._log.is_full(batch := self._batch()):
            with self._views.begin() as connection:
                folded = self._fold(connection, batch)
            with self._views.begin(write=True) as connection:
                self._write(connection, folded)
            self._keep(folded)

    def index(self) -> None:
        """Makes the indexes, one after the other: in between the live ones move on."""
        for building in self._building:
            table = building.projection.table(building.at.number)
            for index in table.indexes:
                with self._views.begin(write=True) as connection:
                    self._require(connection, building)
                    connection.execute(CreateIndex(index, if_not_exists=True))
            with self._views.begin(write=True) as connection:
                self._require(connection, building)
                survey(connection, table)

    def finish(self, until: int) -> int:
        """Folds the rest and switches, under the lock: nobody is taken back who reads."""
        while True:
            with self._views.begin(write=True) as connection:
                batch = self._batch()
                folded = self._fold(connection, batch)
                self._write(connection, folded)
                passed = self._next + len(batch.entries)
                at_end = not batch.entries
                if passed >= until and (at_end or self._caught_up(connection, passed)):
                    self._switch(connection)
                    return passed
            if at_end:
                raise Unavailable(
                    f"Only {passed} events are sealed, and the rebuild of {self._names()} is to "
                    f"reach {until}.",
                    remedy="Let a sealer run: airledger serve.",
                )
            self._keep(folded)

    def _batch(self) -> Batch:
        self._log.refresh()
        return self._log.batch(self._next)

    def _fold(self, connection: Connection, batch: Batch) -> list[Folded]:
        """Every generation after a batch. One that fails is left behind as it is."""
        done: list[Folded] = []
        for building in tuple(self._building):
            folded = fold(connection, batch, building.projection, building.at, building.rows.of)
            if folded.failure is None:
                done.append(folded)
                continue
            self.failure = self.failure or folded.failure
            self._building.remove(building)
        if not done and self.failure is not None:
            raise self.failure
        return done

    def _write(self, connection: Connection, folded: Sequence[Folded]) -> None:
        for each in folded:
            try:
                write(connection, each)
            except Conflict as error:
                raise _taken_over(each.projection) from error

    def _keep(self, folded: Sequence[Folded]) -> None:
        """What was committed is where the next batch begins."""
        for building, each in zip(self._building, folded, strict=True):
            building.at = each.after
            if not building.projection.inserts:
                building.rows.keep(each.rows)
            self._next = each.after.next

    def _require(self, connection: Connection, building: _Building) -> None:
        if find(connection, building.projection, "building", building.at.number) != building.at:
            raise _taken_over(building.projection)

    def _caught_up(self, connection: Connection, passed: int) -> bool:
        live = [find(connection, building.projection, "live") for building in self._building]
        return all(at is None or passed >= at.next for at in live)

    def _switch(self, connection: Connection) -> None:
        for building in self._building:
            live = find(connection, building.projection, "live")
            if live is not None:
                set_state(connection, building.projection, live.number, "old")
            set_state(connection, building.projection, building.at.number, "live")

    def _names(self) -> str:
        return ", ".join(building.projection.name for building in self._building)


def _taken_over(projection: Projection) -> Unavailable:
    return Unavailable(f"Another rebuild of {projection.name} took over.", remedy="Let it finish.")
