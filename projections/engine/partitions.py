"""Where a generation stands in the partitions of a topic, each of which is a log of its own.

The events of one stream are all in one partition, in their order; a row is written by those of one
stream alone. So partitions are folded each for itself, by whoever has it. The topic repeats itself:
an event may come again, and so may those behind it. A leaf that is not above the last one was there
before.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from ledger.domain.codec import Codec
from ledger.errors import Conflict, Fork
from ledger.store.port import Entry
from projections.engine.database import PARTITIONS
from projections.engine.feed import Events
from projections.engine.generations import of_owner, owner_values

ANEW = "Run airledger rebuild: it fills them from the ledger."


class Record(NamedTuple):
    """An event and its place in the topic."""

    partition: int
    offset: int
    entry: Entry


class Covered(NamedTuple):
    """What a checkpoint covers: so many leaves, below these offsets by partition."""

    size: int
    offsets: Mapping[int, int]


class Place(NamedTuple):
    """The next offset of a partition, the last leaf below it, and how many different ones are."""

    next: int = 0
    leaf: int = -1
    events: int = 0


BEGINNING = Place()
Places = Mapping[int, Place]
Owner = tuple[str, int, int]
"""A projection's name and version, and the number of its generation."""


class Advance(NamedTuple):
    """Where a generation stood in the topic, and where it is to stand."""

    owner: Owner
    old: Places
    new: Places


class Sifted(NamedTuple):
    """Which records are news, by their place among those given, and where partitions stand then.

    `behind` are the partitions of which something before these records is missing.
    """

    news: frozenset[int]
    after: Places
    behind: frozenset[int]


class Slice:
    """Some records, those of a partition without a gap and in their order; decoded once."""

    def __init__(self, records: Sequence[Record], codec: Codec) -> None:
        self.events = Events([record.entry for record in records], codec)
        self._records = records
        self._sifted: dict[tuple[frozenset[tuple[int, Place]], int, int], Sifted] = {}
        self.partitions = frozenset(record.partition for record in records)

    def sift(self, standing: Places, floor: int, end: int | None = None) -> Sifted:
        """What of the first `end` records is news for whoever stands there.

        All leaves below `floor` are folded. Raises Fork for records that contradict the places.
        """
        count = len(self._records) if end is None else end
        own = frozenset((each, standing.get(each, BEGINNING)) for each in self.partitions)
        key = (own, floor, count)
        if key not in self._sifted:
            self._sifted[key] = self._sift(dict(own), floor, count)
        return self._sifted[key]

    def _sift(self, standing: dict[int, Place], floor: int, count: int) -> Sifted:
        news: list[int] = []
        behind: set[int] = set()
        after = dict(standing)
        begun: set[int] = set()
        for number in range(count):
            partition, offset, entry = self._records[number]
            if partition not in begun:
                begun.add(partition)
                if offset > after[partition].next:
                    behind.add(partition)
            if partition in behind:
                continue
            next_, top, events = after[partition]
            if offset < next_:
                if entry.leaf > top:
                    raise _another(partition, offset, entry.leaf, top)
            elif entry.leaf > top:
                after[partition] = Place(offset + 1, entry.leaf, events + 1)
                if entry.leaf >= floor:
                    news.append(number)
            else:
                after[partition] = Place(offset + 1, top, events)
        return Sifted(frozenset(news), after, frozenset(behind))


def reached(covered: Covered, standing: Places) -> bool:
    """Whether all that a checkpoint covers was read. Raises Fork where the topic lacks some."""
    places = {each: standing.get(each, BEGINNING) for each in {*covered.offsets, *standing}}
    if any(places[each].next < end for each, end in covered.offsets.items()):
        return False
    exact = all(place.next == covered.offsets.get(each, 0) for each, place in places.items())
    events = sum(place.events for place in places.values())
    if exact and events < covered.size:
        raise Fork(
            f"The topic has {events} events of the {covered.size} that its checkpoint covers.",
            remedy="airledger verify --kafka tells which are missing. Have the relay send all of "
            "them to topics made anew; until then, views.feed=store.",
        )
    return True


# Made once: SQLAlchemy takes longer to build a statement than a database to carry it out.
_PLACES = select(
    PARTITIONS.c.projection,
    PARTITIONS.c.version,
    PARTITIONS.c.generation,
    PARTITIONS.c.partition,
    PARTITIONS.c.topic,
    *(PARTITIONS.c[name] for name in Place._fields),
)
_ADVANCE = (
    update(PARTITIONS)
    .where(
        *of_owner(PARTITIONS),
        PARTITIONS.c.partition == bindparam("of_partition"),
        PARTITIONS.c.next == bindparam("old_next"),
        PARTITIONS.c.leaf == bindparam("old_leaf"),
    )
    .values({name: bindparam(f"new_{name}") for name in Place._fields})
)


def places_of(
    connection: Connection, owners: Collection[Owner], topic: int
) -> dict[Owner, dict[int, Place]]:
    """Where these stand. Raises Fork where one does in another generation of the topic."""
    found: dict[Owner, dict[int, Place]] = {owner: {} for owner in owners}
    for name, version, number, partition, of_topic, *place in connection.execute(_PLACES):
        if (owner := (name, version, number)) not in found:
            continue
        if of_topic != topic:
            raise Fork(
                f"{name} was fed by generation {of_topic} of the topic, and this is generation "
                f"{topic}.",
                remedy=ANEW,
            )
        found[owner][partition] = Place(*place)
    return found


def advance(connection: Connection, topic: int, advances: Sequence[Advance]) -> None:
    """Moves places by compare-and-set, in two statements at most.

    Raises Conflict where another projector was first.
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
        told = ", ".join(sorted({f"{each['of']}" for each in moved}))
        raise Conflict(f"Another moved in the topic's partitions: {told}.", remedy="Seek anew.")


def _another(partition: int, offset: int, leaf: int, top: int) -> Fork:
    return Fork(
        f"Offset {offset} of partition {partition} has leaf {leaf}, and below it {top} was the "
        "last leaf when it was read before: the topic is another one than it was.",
        remedy=ANEW,
    )
