"""A rebuild fills new generations beside the live ones, then switches them in one transaction.

One pass over the log serves all projections: each event is read and decoded once. Most of it is
folded outside the writers' lock, into tables without indexes and over cached rows; the indexes are
created at the end. The old generations stay until the next rebuild, for readers that still use
them.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from ledger.errors import Conflict, Unavailable
from projections.engine import feed
from projections.engine.database import ViewsDatabase
from projections.engine.feed import Batch, Feed
from projections.engine.fold import Folded, fold, write
from projections.engine.generation_build import GenerationBuild, superseded
from projections.engine.generations import move_all
from projections.engine.projection import Projection
from projections.engine.projector import Projector


def rebuild(
    projector: Projector, views: ViewsDatabase, projection: Projection, *, until: int
) -> int:
    """Rebuilds one projection; returns the number of events read. See `rebuild_all`."""
    return rebuild_all(projector, views, (projection,), until=until)


def rebuild_all(
    projector: Projector, views: ViewsDatabase, projections: Sequence[Projection], *, until: int
) -> int:
    """Rebuilds projections up to at least leaf `until`, and to the positions of the live ones.

    Returns the number of events read. A projection that meets an unreadable event stays unchanged,
    and its error is raised once the others are switched. Raises Unavailable if fewer than `until`
    events are sealed or another rebuild took over; then all stay unchanged.
    """
    rebuilding = _Rebuild(views, projector.new_feed(feed.EVENTS_PER_REBUILD_BATCH))
    rebuilding.begin(projections)
    rebuilding.fill()
    rebuilding.index()
    passed = rebuilding.finish(until)
    projector.scrub()
    projector.resume()
    if rebuilding.failure is not None:
        raise rebuilding.failure
    return passed


class _Rebuild(GenerationBuild):
    """Generations that are filled from the store in one pass, all with the same position."""

    def __init__(self, views: ViewsDatabase, log: Feed) -> None:
        super().__init__(views)
        self._log = log
        self._next = 0

    def fill(self) -> None:
        """Folds full batches. Only writing them takes the writers' lock."""
        while self._log.is_full(batch := self._batch()):
            with self._views.begin() as connection:
                folded = self._fold(connection, batch)
            with self._views.begin(write=True) as connection:
                self._write(connection, folded)
            self._keep(folded)

    def finish(self, until: int) -> int:
        """Folds the rest and switches, under the writers' lock: no reader sees an older state."""
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
                    remedy="Start a sealer: airledger serve.",
                )
            self._keep(folded)

    def _batch(self) -> Batch:
        self._log.refresh()
        return self._log.batch(self._next)

    def _fold(self, connection: Connection, batch: Batch) -> list[Folded]:
        """Folds a batch into every generation; abandons one that fails."""
        done: list[Folded] = []
        for each in tuple(self.tables):
            folded = fold(connection, batch, each.projection, each.at, each.rows.get)
            if folded.failure is None:
                done.append(folded)
            else:
                self.abandon(each, folded.failure)
        return done

    def _write(self, connection: Connection, folded: Sequence[Folded]) -> None:
        moved = [each for each in folded if each.after.next > each.before.next]
        try:
            move_all(connection, [each.move for each in moved])
        except Conflict as error:
            raise superseded(self.names) from error
        for each in moved:
            write(connection, each)

    def _keep(self, folded: Sequence[Folded]) -> None:
        """Stores the committed positions: the next batch starts there."""
        for table, each in zip(self.tables, folded, strict=True):
            table.keep(each.after, each.rows)
            self._next = each.after.next
