"""The projector: feeds projections from the sealed log, each at its own position.

A position moves by compare-and-set in the transaction of the rows it stands for, so any number of
projectors have one effect. It names the hash of the leaf it stands on: a view that is ahead of the
log, or stands on another history, is filled anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from ledger.domain.codec import Codec
from ledger.errors import LedgerError, Unavailable
from ledger.store.port import Store
from projections.engine import feed
from projections.engine.database import ViewsDatabase
from projections.engine.feed import Feed
from projections.engine.fold import fold, write
from projections.engine.generations import (
    BY_PARTITIONS,
    Generation,
    Move,
    begin,
    drop,
    move_all,
    standing,
)
from projections.engine.isolation import alone, together
from projections.engine.projection import Projection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection is: the next leaf to fold, and why it stopped, if it did."""

    name: str
    next: int
    stopped: str | None = None


class Projector:
    """Keeps projections up with the sealed store. Blocking; one thread at a time."""

    def __init__(
        self, store: Store, views: ViewsDatabase, codec: Codec, projections: Sequence[Projection]
    ) -> None:
        self._store = store
        self._codec = codec
        self._views = views
        self._projections = tuple(projections)
        self._stopped: dict[str, str] = {}
        self._next: dict[str, int] = {}

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How far each projection is."""
        return tuple(
            Progress(p.name, self._next.get(p.name, 0), self._stopped.get(p.name))
            for p in self._projections
        )

    def new_feed(self, limit: int) -> Feed:
        """The log that this projector reads, for one more reader, so many events at a time."""
        return Feed(self._store, self._codec, limit)

    def catch_up(self) -> bool:
        """Folds until every projection that runs has all that was sealed; whether any moved.

        An event that a projection cannot read stops that one, and no other. Raises Unavailable.
        """
        moved = False
        while self.fold_some():
            moved = True
        return moved

    def fold_some(self) -> bool:
        """Folds a batch into every projection that runs; whether any moved. Raises Unavailable.

        One transaction for all of them: its commit costs more than most batches.
        """
        log_feed = self.new_feed(feed.EVENTS_PER_BATCH)
        running = [p for p in self._projections if p.name not in self._stopped]
        with self._views.begin() as connection:
            if self._all_done(connection, running, log_feed):
                return False
        step = together(lambda apart: self._stepped(running, _Step(log_feed, apart=apart)))
        self._next |= step.next
        for name, error in step.failed.items():
            self._stopped[name] = str(error)
            log.error("projection_stopped", projection=name, reason=str(error), exc_info=error)
        return step.moved

    def _stepped(self, running: Sequence[Projection], step: "_Step") -> "_Step":
        with self._views.begin(write=True) as connection:
            at = standing(connection)
            for projection in running:
                step.advance(connection, projection, at.get((projection.name, projection.version)))
            move_all(connection, step.moves)
        return step

    def _all_done(
        self, connection: Connection, running: Sequence[Projection], log_feed: Feed
    ) -> bool:
        """Whether nothing is to be folded, or mended: then nobody has to wait for a writer."""
        live = standing(connection)
        for projection in running:
            at = live.get((projection.name, projection.version))
            if at is None:
                return False
            try:
                batch = log_feed.batch(at.next)
            except Unavailable:
                raise
            except LedgerError:
                return False
            if batch.entries or not _stands(at, batch.stands_on(0)):
                return False
            self._next[projection.name] = at.next
        return True

    def resume(self) -> None:
        """Lets stopped projections try again."""
        self._stopped.clear()


class _Step:
    """One batch, projection by projection, in one transaction."""

    def __init__(self, log_feed: Feed, *, apart: bool) -> None:
        self._feed = log_feed
        self._apart = apart
        self.next: dict[str, int] = {}
        self.failed: dict[str, Exception] = {}
        self.moves: list[Move] = []

    @property
    def moved(self) -> bool:
        """Whether any projection moved."""
        return bool(self.moves)

    def advance(
        self, connection: Connection, projection: Projection, at: Generation | None
    ) -> None:
        """Folds what follows into a projection; its position is yet to be moved."""
        with alone(connection, projection, self.failed, apart=self._apart):
            at = self._sound(connection, projection, at)
            self.next[projection.name] = at.next
            folded = fold(connection, self._feed.batch(at.next), projection, at)
            if folded.after.next > at.next:
                write(connection, folded)
                self.moves.append(folded.move)
                self.next[projection.name] = folded.after.next
            elif folded.failure is not None:
                self.failed[projection.name] = folded.failure

    def _sound(
        self, connection: Connection, projection: Projection, at: Generation | None
    ) -> Generation:
        """Where the live generation stands. One on another history is dropped for a new one."""
        if at is not None:
            if _stands(at, self._feed.batch(at.next).stands_on(0)):
                return at
            log.warning(
                "view_filled_anew",
                projection=projection.name,
                next=at.next,
                fed_by_kafka=at.stands_on == BY_PARTITIONS,
            )
            drop(connection, projection, at.number)
        return begin(connection, projection)


def _stands(at: Generation, below: bytes) -> bool:
    """Whether all that is folded is what is below. Of one that a topic feeds nobody knows."""
    if at.stands_on == BY_PARTITIONS:
        return False
    return at.next == 0 or below == at.stands_on
