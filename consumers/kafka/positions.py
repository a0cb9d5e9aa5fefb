"""How far a topic was taken: a position a partition, in the store, moved by what it caused.

A position is one of a topic's generation: a topic made anew has new offsets.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from consumers.topics.topics import COMMANDS, SIGNALS, topics
from ledger.store.port import Store

INTO = (SIGNALS, COMMANDS)
"""The topics that are taken into the ledger."""


class TopicGeneration(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a topic."""

    name: str
    generation: int

    @property
    def group(self) -> str:
        """The consumer group: who shares the partitions, and what tools for lag look at."""
        return f"{self.name}.intake"

    def follower(self, partition: int) -> str:
        """The name of a partition's position."""
        return f"kafka/{self.name}@{self.generation}/{partition}"


class OffsetRange(msgspec.Struct, frozen=True, kw_only=True):
    """Where a partition begins and ends in Kafka: the first offset there, and the next one."""

    begin: int
    end: int


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A partition's position: the next offset to take; 0 where none was taken yet."""

    topic: str
    generation: int
    partition: int
    next: int


def shipped_generation(name: str) -> TopicGeneration:
    """A topic as shipped."""
    return TopicGeneration(name=name, generation=topics()[name].generation)


def positions(store: Store) -> list[Position]:
    """Every position of the topics that are taken. Blocking."""
    every = [
        (shipped_generation(name), partition)
        for name in INTO
        for partition in range(topics()[name].partitions)
    ]
    stored = store.followers.positions(topic.follower(partition) for topic, partition in every)
    return [
        Position(
            topic=topic.name,
            generation=topic.generation,
            partition=partition,
            next=stored[topic.follower(partition)],
        )
        for topic, partition in every
    ]


class Stored(NamedTuple):
    """The next offset to take of a partition; 0 where none was taken yet.

    `newer` is that of the topic's next generation, which this program does not know.
    """

    next: int
    newer: int


def stored_positions(
    store: Store, topic: TopicGeneration, partitions: Sequence[int]
) -> dict[int, Stored]:
    """Where partitions of a topic stand. Blocking."""
    newer = TopicGeneration(name=topic.name, generation=topic.generation + 1)
    found = store.followers.positions(
        each.follower(n) for each in (topic, newer) for n in partitions
    )
    return {n: Stored(found[topic.follower(n)], found[newer.follower(n)]) for n in partitions}


def offset_error(
    topic: TopicGeneration, partition: int, stored: int, newer: int, extent: OffsetRange
) -> str:
    """Why a partition cannot be taken on from its position, for people; empty where it can."""
    name = f"{topic.name}, partition {partition}"
    if newer:
        return (
            f"{name}: the ledger took of generation {topic.generation + 1} of this topic already, "
            f"and this program knows generation {topic.generation}. Run the newer release."
        )
    if stored == 0 or extent.begin <= stored <= extent.end:
        return ""
    if stored > extent.end:
        what = f"it ends at offset {extent.end}: the topic was made anew"
    else:
        what = f"it begins at offset {extent.begin}: what lies between was deleted before"
    return (
        f"{name}: the ledger would take offset {stored} next, and {what}. To take it from its "
        f"beginning: airledger positions reset --topic {topic.name} --partition {partition}."
    )
