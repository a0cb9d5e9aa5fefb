"""A rebuild from a topic: new generations are filled from its beginning, beside the live ones.

It holds what one checkpoint covers and nothing else, so that its position is a leaf's as after a
rebuild from the store: either feed may go on from it.
"""

from collections.abc import Sequence
from dataclasses import replace
from secrets import token_bytes

from ledger.domain.codec import Codec
from ledger.errors import Unavailable
from ledger.transparency.merkle import HASH_SIZE, leaf_hash
from projections.engine.database import ViewsDatabase
from projections.engine.fold import evolved
from projections.engine.generation_build import Building, Table, require
from projections.engine.generations import move
from projections.engine.partitions import Advance, Covered, Place, Record, Slice, advance, reached
from projections.engine.projection import Key, Projection, Row
from projections.engine.statements import write_rows


class PartitionRebuild:
    """Fills projections anew from a topic of this generation. Blocking; one thread at a time."""

    def __init__(
        self, views: ViewsDatabase, codec: Codec, projections: Sequence[Projection], *, topic: int
    ) -> None:
        """Begins it: empty tables, in place of any that another rebuild left behind."""
        self._views = views
        self._codec = codec
        self._topic = topic
        self._places: dict[int, Place] = {}
        self._top = (-1, b"")
        self._building = Building(views)
        self._building.begin(projections)
        self._sign()

    def _sign(self) -> None:
        """Has its tables stand on what no other rebuild has: they stay at leaf 0 to the end."""
        own = token_bytes(HASH_SIZE)
        with self._views.begin(write=True) as connection:
            for table in self._building.tables:
                require(connection, table)
                at = replace(table.at, stands_on=own)
                move(connection, table.projection, table.at, at)
                table.at = at

    @property
    def events(self) -> int:
        """How many different events were read."""
        return sum(place.events for place in self._places.values())

    @property
    def failure(self) -> Exception | None:
        """What is wrong with a projection that was left as it is."""
        return self._building.failure

    def take(self, records: Sequence[Record]) -> None:
        """Folds what follows in some partitions. Only writing takes the writers' lock.

        Raises Fork for records that do not follow, Unavailable where another rebuild took over.
        """
        part = Slice(records, self._codec)
        sifted = part.sift(self._places, 0)
        folded: list[tuple[Table, dict[Key, Row]]] = []
        with self._views.begin() as connection:
            for table in tuple(self._building.tables):
                projection, number = table.projection, table.at.number
                wanted = [each for each in part.events.places(projection) if each in sifted.news]
                rows, _, failure = evolved(
                    connection, part.events, wanted, projection, number, table.rows.of
                )
                if failure is None:
                    folded.append((table, rows))
                else:
                    self._building.leave(table, failure)
        advances: list[Advance] = []
        with self._views.begin(write=True) as connection:
            for table, rows in folded:
                require(connection, table)
                projection, number = table.projection, table.at.number
                write_rows(
                    connection, projection.table(number), rows.values(), new=projection.inserts
                )
                owner = (projection.name, projection.version, number)
                advances.append(Advance(owner, self._places, sifted.after))
            advance(connection, self._topic, advances)
        for table, rows in folded:
            table.keep(table.at, rows)
        self._places |= sifted.after
        for each in sifted.news:
            entry = records[each].entry
            if entry.leaf > self._top[0]:
                self._top = (entry.leaf, leaf_hash(entry.stored))

    def index(self) -> None:
        """Makes the indexes of what was filled."""
        self._building.index()

    def finish(self, covered: Covered) -> bool:
        """Switches, where it holds what the checkpoint covers and no live one is farther.

        Whether it did; else a newer checkpoint is to be read up to. Raises Fork for a topic that
        lacks events, Unavailable where another rebuild took over.
        """
        if not reached(covered, self._places):
            return False
        top, stands_on = self._top
        if top + 1 != covered.size:
            raise Unavailable(
                f"The topic has leaf {top} below the offsets of a checkpoint of {covered.size} "
                "events: two relays wrote it at once.",
                remedy="Try again once there is a newer checkpoint.",
            )
        with self._views.begin(write=True) as connection:
            for table in self._building.tables:
                require(connection, table)
            if not self._building.caught_up(connection, covered.size):
                return False
            for table in self._building.tables:
                at = replace(table.at, next=covered.size, stands_on=stands_on)
                move(connection, table.projection, table.at, at)
            self._building.switch(connection)
        return True
