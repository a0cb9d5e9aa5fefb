"""The projector for a topic: it folds records, and stores the position in each partition.

Rows and positions move in one transaction, under the lock of all writers of read models. So any
number of consumers have one effect, and a consumer that still holds records of a revoked partition
finds them folded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from ledger.domain.codec import Codec
from ledger.errors import Fork
from projections.engine.database import ViewsDatabase
from projections.engine.erasing import scrub
from projections.engine.feed import TextSource
from projections.engine.fold import evolve_rows, write_evolved
from projections.engine.generations import (
    BY_PARTITIONS,
    Generation,
    Move,
    begin,
    live_generations,
    move_all,
)
from projections.engine.isolation import isolated, run_shared
from projections.engine.partitions import (
    BEGINNING,
    Advance,
    CheckpointOffsets,
    Owner,
    PartitionPosition,
    PartitionPositions,
    Record,
    RecordBatch,
    advance,
    is_reached,
    partition_positions,
)
from projections.engine.projection import Projection
from projections.engine.projector import Progress

log = structlog.get_logger(__name__)


class SeekRange(NamedTuple):
    """The first offset of a partition that is needed, and the offset up to which it was read."""

    first: int
    last: int


class PartitionProjector:
    """Keeps projections up to date with one generation of a topic. Blocking; not thread-safe."""

    def __init__(
        self,
        views: ViewsDatabase,
        codec: Codec,
        projections: Sequence[Projection],
        *,
        topic: int,
        texts: TextSource,
    ) -> None:
        """`topic` is the topic's generation; `texts` reads texts beside the log."""
        self._views = views
        self._codec = codec
        self._projections = tuple(projections)
        self._topic = topic
        self._texts = texts
        self._stopped: dict[str, tuple[int, str]] = {}
        self._next: dict[str, int] = {}

    @property
    def projections(self) -> tuple[Projection, ...]:
        """The projections that it fills."""
        return self._projections

    @property
    def progress(self) -> tuple[Progress, ...]:
        """The progress of each projection."""
        return tuple(
            Progress(p.name, self._next.get(p.name, 0), self._stopped.get(p.name, (0, None))[1])
            for p in self._projections
        )

    def seek_ranges(self, partitions: Iterable[int]) -> dict[int, SeekRange]:
        """The offsets at which to start reading these partitions. Raises Fork, Unavailable."""
        with self._views.begin() as connection:
            found = [places for _, _, places in self._running(connection)]
        return {
            each: SeekRange(
                min((places.get(each, BEGINNING).next for places in found), default=0),
                max((places.get(each, BEGINNING).next for places in found), default=0),
            )
            for each in partitions
        }

    def is_behind(self, covered: CheckpointOffsets) -> bool:
        """Whether this checkpoint moves a position forward. Raises Fork, Unavailable."""
        with self._views.begin() as connection:
            return any(
                (at is None or at.next < covered.size) and is_reached(covered, places)
                for _, at, places in self._running(connection)
            )

    def fold(
        self, records: Sequence[Record], covered: CheckpointOffsets | None = None
    ) -> frozenset[int]:
        """Folds records into every running projection; moves positions that a checkpoint allows.

        Returns the partitions in which a projection needs records before these. Raises Fork for a
        topic that contradicts what was read of it, Unavailable.
        """
        batch = RecordBatch(records, self._codec, self._texts)
        step = run_shared(lambda isolate: self._run(_Step(batch, covered, isolate=isolate)))
        self._next |= step.next
        for name, error in step.failed.items():
            self._stopped[name] = (step.numbers.get(name, 0), str(error))
            log.error("projection_stopped", projection=name, reason=str(error), exc_info=error)
        if step.moves:
            self.scrub()
        return frozenset(step.behind)

    def scrub(self) -> None:
        """Removes what the database's files still have of erased texts. Raises Unavailable."""
        scrub(self._views, self._projections)

    def _run(self, step: "_Step") -> "_Step":
        with self._views.begin(write=True) as connection:
            for projection, at, places in self._running(connection):
                step.advance(connection, projection, at, places)
            advance(connection, self._topic, step.advances)
            move_all(connection, step.moves)
        return step

    def _running(
        self, connection: Connection
    ) -> list[tuple[Projection, Generation | None, dict[int, PartitionPosition]]]:
        """Each running projection with its positions. A stopped one that was rebuilt runs again."""
        live = live_generations(connection)
        running: list[tuple[Projection, Generation | None, Owner]] = []
        for projection in self._projections:
            at = live.get((projection.name, projection.version))
            number, _ = self._stopped.get(projection.name, (None, None))
            if number is not None:
                if at is None or at.number == number:
                    continue
                del self._stopped[projection.name]
            owner = (projection.name, projection.version, 0 if at is None else at.number)
            running.append((projection, at, owner))
        places = partition_positions(connection, [owner for _, _, owner in running], self._topic)
        return [(projection, at, places[owner]) for projection, at, owner in running]


class _Step:
    """A batch of records, folded projection by projection in one transaction."""

    def __init__(
        self, batch: RecordBatch, covered: CheckpointOffsets | None, *, isolate: bool
    ) -> None:
        self._batch = batch
        self._covered = covered
        self._isolate = isolate
        self.advances: list[Advance] = []
        self.moves: list[Move] = []
        self.next: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self.failed: dict[str, Exception] = {}
        self.behind: set[int] = set()

    def advance(
        self,
        connection: Connection,
        projection: Projection,
        at: Generation | None,
        places: PartitionPositions,
    ) -> None:
        """Folds new records into a projection. Its own errors are stored, not raised."""
        contradictions: dict[str, Exception] = {}
        with isolated(connection, projection, contradictions, isolate=self._isolate):
            at = at or begin(connection, projection)
            self.numbers[projection.name] = at.number
            after, failure = self._fold(connection, projection, at, places)
            now = self._moved(at, {**places, **after})
            self.advances.append(
                Advance((projection.name, projection.version, at.number), places, after)
            )
            if now != at:
                self.moves.append(Move(projection, at, now))
            self.next[projection.name] = now.next
            if failure is not None:
                self.failed[projection.name] = failure
        for error in contradictions.values():
            if isinstance(error, Fork):
                raise error
            self.failed[projection.name] = error

    def _fold(
        self,
        connection: Connection,
        projection: Projection,
        at: Generation,
        places: PartitionPositions,
    ) -> tuple[PartitionPositions, Exception | None]:
        """Writes rows; returns the new positions, and the error that ended the batch early."""
        fresh = self._batch.deduplicate(places, at.next)
        self.behind |= fresh.behind
        events = self._batch.events
        wanted = [each for each in events.indexes_for(projection) if each in fresh.new]
        evolved = evolve_rows(connection, events, wanted, projection, at.number)
        if evolved.failure is not None:
            fresh = self._batch.deduplicate(places, at.next, evolved.end)
        write_evolved(connection, projection, at.number, evolved.rows, evolved.erased)
        return fresh.after, evolved.failure

    def _moved(self, at: Generation, places: PartitionPositions) -> Generation:
        """The position after the batch; unchanged until the checkpoint is reached."""
        at = replace(at, anchor_hash=BY_PARTITIONS)
        if self._covered is None or not is_reached(self._covered, places):
            return at
        return replace(at, next=max(at.next, self._covered.size))
