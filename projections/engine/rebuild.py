"""A rebuild fills new generations beside the live ones, then switches them in one transaction.

One pass over the log serves all that are rebuilt: an event is read and decoded once. Most of it is
folded outside the writers' lock, into tables without indexes and over rows kept in memory; the
indexes are made at the end. The old generations stay until the next rebuild, for readers that are
still in them.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from ledger.errors import Conflict, Unavailable
from projections.engine import feed
from projections.engine.database import ViewsDatabase
from projections.engine.feed import Batch, Feed
from projections.engine.fold import Folded, fold, write
from projections.engine.generation_build import Building, taken_over
from projections.engine.generations import move_all
from projections.engine.projection import Projection
from projections.engine.projector import Projector


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


class _Rebuild(Building):
    """Generations that are filled together from the store; all stand at the same leaf."""

    def __init__(self, views: ViewsDatabase, log: Feed) -> None:
        super().__init__(views)
        self._log = log
        self._next = 0

    def fill(self) -> None:
        """Folds whole batches. Only writing them takes the writers' lock."""
        while self._log.is_full(batch := self._batch()):
            with self._views.begin() as connection:
                folded = self._fold(connection, batch)
            with self._views.begin(write=True) as connection:
                self._write(connection, folded)
            self._keep(folded)

    def finish(self, until: int) -> int:
        """Folds the rest and switches, under the lock: nobody is taken back who reads."""
        while True:
            with self._views.begin(write=True) as connection:
                batch = self._batch()
                folded = self._fold(connection, batch)
                self._write(connection, folded)
                passed = self._next + len(batch.entries)
                at_end = not batch.entries
                if passed >= until and (at_end or self.caught_up(connection, passed)):
                    self.switch(connection)
                    return passed
            if at_end:
                raise Unavailable(
                    f"Only {passed} events are sealed, and the rebuild of {self.names} is to "
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
        for each in tuple(self.tables):
            folded = fold(connection, batch, each.projection, each.at, each.rows.of)
            if folded.failure is None:
                done.append(folded)
            else:
                self.leave(each, folded.failure)
        return done

    def _write(self, connection: Connection, folded: Sequence[Folded]) -> None:
        moved = [each for each in folded if each.after.next > each.before.next]
        try:
            move_all(connection, [each.move for each in moved])
        except Conflict as error:
            raise taken_over(self.names) from error
        for each in moved:
            write(connection, each)

    def _keep(self, folded: Sequence[Folded]) -> None:
        """What was committed is where the next batch begins."""
        for table, each in zip(self.tables, folded, strict=True):
            table.keep(each.after, each.rows)
            self._next = each.after.next
