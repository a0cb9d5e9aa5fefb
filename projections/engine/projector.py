"""The projector: feeds projections from the sealed log, each at its own position.

A position moves by compare-and-set in the transaction that writes the rows, so any number of
projectors have one effect. It includes the hash of the last folded leaf: a view that is ahead of
the log, or was folded from another history, is refilled.
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
from projections.engine.erasing import is_scrub_due, scrub
from projections.engine.feed import Feed
from projections.engine.fold import fold, write
from projections.engine.generations import (
    BY_PARTITIONS,
    Generation,
    Move,
    begin,
    drop,
    live_generations,
    move_all,
)
from projections.engine.isolation import isolated, run_shared
from projections.engine.projection import Projection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a projection: the next leaf to fold, and the error that stopped it."""

    name: str
    next: int
    stopped: str | None = None


class Projector:
    """Keeps projections up to date with the sealed store. Blocking; not thread-safe."""

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
        """The progress of each projection."""
        return tuple(
            Progress(p.name, self._next.get(p.name, 0), self._stopped.get(p.name))
            for p in self._projections
        )

    def new_feed(self, limit: int) -> Feed:
        """A new reader of this projector's log, with batches of at most `limit` events."""
        return Feed(self._store, self._codec, limit)

    def catch_up(self) -> bool:
        """Folds until every running projection has all sealed events; returns whether any moved.

        An event that a projection cannot read stops only that projection. Raises Unavailable.
        """
        moved = False
        while self.fold_batch():
            moved = True
        return moved

    def fold_batch(self) -> bool:
        """Folds a batch into every running projection; whether any moved. Raises Unavailable.

        All share one transaction: its commit costs more than most batches. If there is nothing to
        fold, the files are cleared of texts that were erased (see `projections.engine.erasing`).
        """
        log_feed = self.new_feed(feed.EVENTS_PER_BATCH)
        running = [p for p in self._projections if p.name not in self._stopped]
        with self._views.begin() as connection:
            up_to_date = self._is_up_to_date(connection, running, log_feed)
            scrubs = up_to_date and is_scrub_due(connection)
        if up_to_date:
            if scrubs:
                self.scrub()
            return False
        step = run_shared(lambda isolate: self._run(running, _Step(log_feed, isolate=isolate)))
        self._next |= step.next
        for name, error in step.failed.items():
            self._stopped[name] = str(error)
            log.error("projection_stopped", projection=name, reason=str(error), exc_info=error)
        return step.moved

    def _run(self, running: Sequence[Projection], step: "_Step") -> "_Step":
        with self._views.begin(write=True) as connection:
            at = live_generations(connection)
            for projection in running:
                step.advance(connection, projection, at.get((projection.name, projection.version)))
            move_all(connection, step.moves)
        return step

    def _is_up_to_date(
        self, connection: Connection, running: Sequence[Projection], log_feed: Feed
    ) -> bool:
        """Whether there is nothing to fold or repair, and so no need for the writers' lock."""
        live = live_generations(connection)
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
            if batch.entries or not _matches_log(at, batch.anchor_hash(0)):
                return False
            self._next[projection.name] = at.next
        return True

    def scrub(self) -> None:
        """Removes what the database's files still have of erased texts. Raises Unavailable."""
        scrub(self._views, self._projections)

    def resume(self) -> None:
        """Restarts stopped projections."""
        self._stopped.clear()


class _Step:
    """One batch, projection by projection, in one transaction."""

    def __init__(self, log_feed: Feed, *, isolate: bool) -> None:
        self._feed = log_feed
        self._isolate = isolate
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
        """Folds the next batch into a projection; the caller moves its position."""
        with isolated(connection, projection, self.failed, isolate=self._isolate):
            at = self._require_sound(connection, projection, at)
            self.next[projection.name] = at.next
            folded = fold(connection, self._feed.batch(at.next), projection, at)
            if folded.after.next > at.next:
                write(connection, folded)
                self.moves.append(folded.move)
                self.next[projection.name] = folded.after.next
            elif folded.failure is not None:
                self.failed[projection.name] = folded.failure

    def _require_sound(
        self, connection: Connection, projection: Projection, at: Generation | None
    ) -> Generation:
        """The live generation. One of another history is dropped and replaced by an empty one."""
        if at is not None:
            if _matches_log(at, self._feed.batch(at.next).anchor_hash(0)):
                return at
            log.warning(
                "view_refilled",
                projection=projection.name,
                next=at.next,
                fed_by_kafka=at.anchor_hash == BY_PARTITIONS,
            )
            drop(connection, projection, at.number)
        return begin(connection, projection)


def _matches_log(at: Generation, below: bytes) -> bool:
    """Whether the folded events are those of this log; false for one that a topic fed."""
    if at.anchor_hash == BY_PARTITIONS:
        return False
    return at.next == 0 or below == at.anchor_hash
