"""The position of a generation in the partitions of a topic.

The events of one stream are all in one partition, in order, and only they write that stream's rows.
So each partition is folded independently, by the consumer that has it assigned. Erasures are of
streams of their own, and blank columns of other rows: both orders end in the same row (see
`evolve_rows`), for all consumers share the writers' lock, and read rows and texts under it. The
topic delivers at least once: an event may come again, and so may those after it. A leaf that is not
above the last one was folded before.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from ledger.domain.codec import Codec
from ledger.errors import Conflict, Fork
from ledger.store.port import Entry
from projections.engine.database import PARTITIONS
from projections.engine.feed import Events, TextSource
from projections.engine.generations import of_owner, owner_values

REBUILD_REMEDY = "Run airledger rebuild: it fills the read models from the ledger."


class Record(NamedTuple):
    """An event with its partition and offset."""

    partition: int
    offset: int
    entry: Entry


class CheckpointOffsets(NamedTuple):
    """What a checkpoint covers: its size in leaves, and the end offset of each partition."""

    size: int
    offsets: Mapping[int, int]


class PartitionPosition(NamedTuple):
    """The next offset of a partition, the last leaf below it, and the number of distinct leaves."""

    next: int = 0
    leaf: int = -1
    events: int = 0


BEGINNING = PartitionPosition()
PartitionPositions = Mapping[int, PartitionPosition]
Owner = tuple[str, int, int]
"""A projection's name and version, and the number of its generation."""


class Advance(NamedTuple):
    """The old and the new position of a generation in the topic."""

    owner: Owner
    old: PartitionPositions
    new: PartitionPositions


class Deduplicated(NamedTuple):
    """A batch without duplicates: the indexes of new records, and the positions after the batch.

    `behind` are the partitions in which records before this batch are missing.
    """

    new: frozenset[int]
    after: PartitionPositions
    behind: frozenset[int]


class RecordBatch:
    """Records in offset order and without a gap within each partition; each is decoded once."""

    def __init__(self, records: Sequence[Record], codec: Codec, texts: TextSource) -> None:
        self.events = Events([record.entry for record in records], codec, texts)
        self._records = records
        self._deduplicated: dict[
            tuple[frozenset[tuple[int, PartitionPosition]], int, int], Deduplicated
        ] = {}
        self.partitions = frozenset(record.partition for record in records)

    def deduplicate(
        self, positions: PartitionPositions, floor: int, end: int | None = None
    ) -> Deduplicated:
        """Which of the first `end` records are new to a generation at these positions.

        All leaves below `floor` are folded. Raises Fork for records that contradict the positions.
        """
        count = len(self._records) if end is None else end
        own = frozenset((each, positions.get(each, BEGINNING)) for each in self.partitions)
        key = (own, floor, count)
        if key not in self._deduplicated:
            self._deduplicated[key] = self._deduplicate(dict(own), floor, count)
        return self._deduplicated[key]

    def _deduplicate(
        self, positions: dict[int, PartitionPosition], floor: int, count: int
    ) -> Deduplicated:
        new: list[int] = []
        behind: set[int] = set()
        after = dict(positions)
        started: set[int] = set()
        for number in range(count):
            partition, offset, entry = self._records[number]
            if partition not in started:
                started.add(partition)
                if offset > after[partition].next:
                    behind.add(partition)
            if partition in behind:
                continue
            next_, top, events = after[partition]
            if offset < next_:
                if entry.leaf > top:
                    raise _contradiction(partition, offset, entry.leaf, top)
            elif entry.leaf > top:
                after[partition] = PartitionPosition(offset + 1, entry.leaf, events + 1)
                if entry.leaf >= floor:
                    new.append(number)
            else:
                after[partition] = PartitionPosition(offset + 1, top, events)
        return Deduplicated(frozenset(new), after, frozenset(behind))


def is_reached(covered: CheckpointOffsets, positions: PartitionPositions) -> bool:
    """Whether everything that a checkpoint covers was read. Raises Fork for missing events."""
    read = {each: positions.get(each, BEGINNING) for each in {*covered.offsets, *positions}}
    if any(read[each].next < end for each, end in covered.offsets.items()):
        return False
    exact = all(at.next == covered.offsets.get(each, 0) for each, at in read.items())
    events = sum(at.events for at in read.values())
    if exact and events < covered.size:
        raise Fork(
            f"The topic has {events} events of the {covered.size} that its checkpoint covers.",
            remedy="airledger verify --kafka lists the missing ones. Recreate the topics and let "
            "the relay send every event again; until then, set views.feed=store.",
        )
    return True


# Built once: building a statement costs SQLAlchemy more than the database needs to run it.
_PLACES = select(
    PARTITIONS.c.projection,
    PARTITIONS.c.version,
    PARTITIONS.c.generation,
    PARTITIONS.c.partition,
    PARTITIONS.c.topic,
    *(PARTITIONS.c[name] for name in PartitionPosition._fields),
)
_ADVANCE = (
    update(PARTITIONS)
    .where(
        *of_owner(PARTITIONS),
        PARTITIONS.c.partition == bindparam("of_partition"),
        PARTITIONS.c.next == bindparam("old_next"),
        PARTITIONS.c.leaf == bindparam("old_leaf"),
    )
    .values({name: bindparam(f"new_{name}") for name in PartitionPosition._fields})
)


def partition_positions(
    connection: Connection, owners: Collection[Owner], topic: int
) -> dict[Owner, dict[int, PartitionPosition]]:
    """The positions of these generations. Raises Fork for one of another topic generation."""
    found: dict[Owner, dict[int, PartitionPosition]] = {owner: {} for owner in owners}
    for name, version, number, partition, of_topic, *place in connection.execute(_PLACES):
        if (owner := (name, version, number)) not in found:
            continue
        if of_topic != topic:
            raise Fork(
                f"{name} was fed by generation {of_topic} of the topic, and this is generation "
                f"{topic}.",
                remedy=REBUILD_REMEDY,
            )
        found[owner][partition] = PartitionPosition(*place)
    return found


def advance(connection: Connection, topic: int, advances: Sequence[Advance]) -> None:
    """Moves positions by compare-and-set, in two statements at most.

    Raises Conflict where another projector moved one first.
    """
    new: list[dict[str, object]] = []
    moved: list[dict[str, object]] = []
    for (name, version, number), old, places in advances:
        for partition, place in places.items():
            before = old.get(partition)
            if before is None:
                keys = {"projection": name, "version": version, "generation": number}
                new.append({**keys, "partition": partition, "topic": topic, **place._asdict()})
            elif before != place:
                moved.append(
                    {
                        **owner_values(name, version, number),
                        "of_partition": partition,
                        "old_next": before.next,
                        "old_leaf": before.leaf,
                        **{f"new_{field}": value for field, value in place._asdict().items()},
                    }
                )
    if new:
        connection.execute(insert(PARTITIONS), new)
    if moved and connection.execute(_ADVANCE, moved).rowcount != len(moved):
        names = ", ".join(sorted({f"{each['of']}" for each in moved}))
        raise Conflict(
            f"Another projector moved the partition positions of {names}.",
            remedy="Seek to the current positions.",
        )


def _contradiction(partition: int, offset: int, leaf: int, top: int) -> Fork:
    return Fork(
        f"Offset {offset} of partition {partition} holds leaf {leaf}, and leaf {top} was the last "
        "one below it when it was read before: the topic was replaced.",
        remedy=REBUILD_REMEDY,
    )
