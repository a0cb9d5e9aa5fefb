"""A rebuild from a topic: it fills new generations from the beginning, beside the live ones.

It holds exactly what one checkpoint covers, so that its position is a leaf index as after a rebuild
from the store: either feed may continue from it.
"""

from collections.abc import Sequence
from dataclasses import replace
from secrets import token_bytes

from ledger.domain.codec import Codec
from ledger.errors import Unavailable
from ledger.transparency.merkle import HASH_SIZE, leaf_hash
from projections.engine.database import ViewsDatabase
from projections.engine.erasing import scrub
from projections.engine.feed import TextSource
from projections.engine.fold import Evolved, evolve_rows, write_evolved
from projections.engine.generation_build import GenerationBuild, Table, require_current
from projections.engine.generations import move
from projections.engine.partitions import (
    Advance,
    CheckpointOffsets,
    PartitionPosition,
    Record,
    RecordBatch,
    advance,
    is_reached,
)
from projections.engine.projection import Projection


class PartitionRebuild:
    """Refills projections from a topic of this generation. Blocking; not thread-safe."""

    def __init__(
        self,
        views: ViewsDatabase,
        codec: Codec,
        projections: Sequence[Projection],
        *,
        topic: int,
        texts: TextSource,
    ) -> None:
        """Starts with empty tables, in place of any that another rebuild left behind.

        `texts` reads texts beside the log.
        """
        self._views = views
        self._codec = codec
        self._texts = texts
        self._projections = tuple(projections)
        self._topic = topic
        self._places: dict[int, PartitionPosition] = {}
        self._top = (-1, b"")
        self._building = GenerationBuild(views)
        self._building.begin(projections)
        self._claim_tables()

    def _claim_tables(self) -> None:
        """Marks its tables with a random anchor, to detect another rebuild: they stay at leaf 0."""
        own = token_bytes(HASH_SIZE)
        with self._views.begin(write=True) as connection:
            for table in self._building.tables:
                require_current(connection, table)
                at = replace(table.at, anchor_hash=own)
                move(connection, table.projection, table.at, at)
                table.at = at

    @property
    def events(self) -> int:
        """The number of distinct events that were read."""
        return sum(place.events for place in self._places.values())

    @property
    def failure(self) -> Exception | None:
        """The error of a projection that was left unchanged, if any."""
        return self._building.failure

    def fold(self, records: Sequence[Record]) -> None:
        """Folds the next records of some partitions. Only writing takes the writers' lock.

        Raises Fork for records that do not follow, Unavailable where another rebuild took over.
        """
        batch = RecordBatch(records, self._codec, self._texts)
        fresh = batch.deduplicate(self._places, 0)
        folded: list[tuple[Table, Evolved]] = []
        with self._views.begin() as connection:
            for table in tuple(self._building.tables):
                projection, number = table.projection, table.at.number
                wanted = [
                    each for each in batch.events.indexes_for(projection) if each in fresh.new
                ]
                evolved = evolve_rows(
                    connection, batch.events, wanted, projection, number, table.rows.get
                )
                if evolved.failure is None:
                    folded.append((table, evolved))
                else:
                    self._building.abandon(table, evolved.failure)
        advances: list[Advance] = []
        with self._views.begin(write=True) as connection:
            for table, evolved in folded:
                require_current(connection, table)
                projection, number = table.projection, table.at.number
                write_evolved(connection, projection, number, evolved.rows, evolved.erased)
                owner = (projection.name, projection.version, number)
                advances.append(Advance(owner, self._places, fresh.after))
            advance(connection, self._topic, advances)
        for table, evolved in folded:
            table.keep(table.at, evolved.rows)
        self._places |= fresh.after
        for each in fresh.new:
            entry = records[each].entry
            if entry.leaf > self._top[0]:
                self._top = (entry.leaf, leaf_hash(entry.stored))

    def index(self) -> None:
        """Creates the indexes of the filled tables."""
        self._building.index()

    def finish(self, covered: CheckpointOffsets) -> bool:
        """Switches to the new tables if they hold all of the checkpoint and no live one is ahead.

        Returns whether it did; if not, read up to a newer checkpoint. Raises Fork for a topic that
        lacks events, Unavailable where another rebuild took over.
        """
        if not is_reached(covered, self._places):
            return False
        top, anchor_hash = self._top
        if top + 1 != covered.size:
            raise Unavailable(
                f"The topic has leaf {top} below the offsets of a checkpoint of {covered.size} "
                "events: two relays wrote it at once.",
                remedy="Try again once there is a newer checkpoint.",
            )
        with self._views.begin(write=True) as connection:
            for table in self._building.tables:
                require_current(connection, table)
            if not self._building.caught_up(connection, covered.size):
                return False
            for table in self._building.tables:
                at = replace(table.at, next=covered.size, anchor_hash=anchor_hash)
                move(connection, table.projection, table.at, at)
            self._building.switch(connection)
        scrub(self._views, self._projections)
        return True
