"""The projector of who reads a topic: it folds records, and keeps where each partition stands.

Rows, places and position move in one transaction, under the lock of all who fill read models. So it
is one effect, however many read the topic, and whoever still has records of a partition that was
given to another finds them folded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from ledger.domain.codec import Codec
from ledger.errors import Fork
from projections.engine.database import ViewsDatabase
from projections.engine.fold import evolved
from projections.engine.generations import (
    BY_PARTITIONS,
    Generation,
    Move,
    begin,
    move_all,
    standing,
)
from projections.engine.isolation import alone, together
from projections.engine.partitions import (
    BEGINNING,
    Advance,
    Covered,
    Owner,
    Place,
    Places,
    Record,
    Slice,
    advance,
    places_of,
    reached,
)
from projections.engine.projection import Projection
from projections.engine.projector import Progress
from projections.engine.statements import write_rows

log = structlog.get_logger(__name__)


class SeekRange(NamedTuple):
    """From which offset on records of a partition are needed, and up to where they were read."""

    first: int
    last: int


class PartitionProjector:
    """Keeps projections up with one generation of a topic. Blocking; one thread at a time."""

    def __init__(
        self,
        views: ViewsDatabase,
        codec: Codec,
        projections: Sequence[Projection],
        *,
        topic: int,
    ) -> None:
        """`topic` is the topic's generation."""
        self._views = views
        self._codec = codec
        self._projections = tuple(projections)
        self._topic = topic
        self._stopped: dict[str, tuple[int, str]] = {}
        self._next: dict[str, int] = {}

    @property
    def projections(self) -> tuple[Projection, ...]:
        """What it keeps up."""
        return self._projections

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How far each projection is."""
        return tuple(
            Progress(p.name, self._next.get(p.name, 0), self._stopped.get(p.name, (0, None))[1])
            for p in self._projections
        )

    def wanted(self, partitions: Iterable[int]) -> dict[int, SeekRange]:
        """Where reading these partitions is to begin. Raises Fork, Unavailable."""
        with self._views.begin() as connection:
            found = [places for _, _, places in self._running(connection)]
        return {
            each: SeekRange(
                min((places.get(each, BEGINNING).next for places in found), default=0),
                max((places.get(each, BEGINNING).next for places in found), default=0),
            )
            for each in partitions
        }

    def is_behind(self, covered: Covered) -> bool:
        """Whether a position is to be moved by this checkpoint. Raises Fork, Unavailable."""
        with self._views.begin() as connection:
            return any(
                (at is None or at.next < covered.size) and reached(covered, places)
                for _, at, places in self._running(connection)
            )

    def fold(self, records: Sequence[Record], covered: Covered | None = None) -> frozenset[int]:
        """Folds records into every projection that runs; moves positions that a checkpoint allows.

        Returns the partitions of which a projection needs what comes before these records. Raises
        Fork for a topic that contradicts what was read of it, Unavailable.
        """
        part = Slice(records, self._codec)
        step = together(lambda apart: self._stepped(_Step(part, covered, apart=apart)))
        self._next |= step.next
        for name, error in step.failed.items():
            self._stopped[name] = (step.numbers.get(name, 0), str(error))
            log.error("projection_stopped", projection=name, reason=str(error), exc_info=error)
        return frozenset(step.behind)

    def _stepped(self, step: "_Step") -> "_Step":
        with self._views.begin(write=True) as connection:
            for projection, at, places in self._running(connection):
                step.advance(connection, projection, at, places)
            advance(connection, self._topic, step.advances)
            move_all(connection, step.moves)
        return step

    def _running(
        self, connection: Connection
    ) -> list[tuple[Projection, Generation | None, dict[int, Place]]]:
        """Each projection that runs, with where it stands. One that was rebuilt runs again."""
        live = standing(connection)
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
        places = places_of(connection, [owner for _, _, owner in running], self._topic)
        return [(projection, at, places[owner]) for projection, at, owner in running]


class _Step:
    """Some records, projection by projection, in one transaction."""

    def __init__(self, part: Slice, covered: Covered | None, *, apart: bool) -> None:
        self._part = part
        self._covered = covered
        self._apart = apart
        self.advances: list[Advance] = []
        self.moves: list[Move] = []
        self.next: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self.failed: dict[str, Exception] = {}
        self.behind: set[int] = set()

    def advance(
        self, connection: Connection, projection: Projection, at: Generation | None, places: Places
    ) -> None:
        """Folds what is news into a projection. What is wrong with it alone is kept, not raised."""
        contradictions: dict[str, Exception] = {}
        with alone(connection, projection, contradictions, apart=self._apart):
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
        self, connection: Connection, projection: Projection, at: Generation, places: Places
    ) -> tuple[Mapping[int, Place], Exception | None]:
        """Writes rows; where partitions stand then, and what ended it early."""
        sifted = self._part.sift(places, at.next)
        self.behind |= sifted.behind
        events = self._part.events
        wanted = [each for each in events.places(projection) if each in sifted.news]
        rows, end, failure = evolved(connection, events, wanted, projection, at.number)
        if failure is not None:
            sifted = self._part.sift(places, at.next, end)
        write_rows(connection, projection.table(at.number), rows.values(), new=projection.inserts)
        return sifted.after, failure

    def _moved(self, at: Generation, places: Places) -> Generation:
        """The position after it. A stopped one stays where it is, as its partition does."""
        at = replace(at, stands_on=BY_PARTITIONS)
        if self._covered is None or not reached(self._covered, places):
            return at
        return replace(at, next=max(at.next, self._covered.size))
