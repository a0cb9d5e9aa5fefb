"""A topic in memory, as a relay that dies and is followed by another one writes it."""

import random
from collections.abc import Sequence
from zlib import crc32

from ledger.store.port import Entry, Store
from projections.engine import CheckpointOffsets, PartitionProjector, Record

PARTITIONS = 3


def topic_partition(stream: str) -> int:
    """The partition of a stream's events."""
    return crc32(stream.encode()) % PARTITIONS


class Topic:
    """The sealed log by partitions, with repeats where there is chance."""

    def __init__(self, store: Store, chance: random.Random | None = None) -> None:
        self.partitions: dict[int, list[Record]] = {each: [] for each in range(PARTITIONS)}
        self.covered = CheckpointOffsets(0, {})
        self.texts = store.texts.readable
        self._store = store
        self._chance = chance

    def relay(self) -> CheckpointOffsets:
        """Sends what was sealed since, and then the checkpoint."""
        entries = self._store.read(self.covered.size, 10_000)
        while self._chance is not None and self._chance.random() < 0.6:  # it dies in between
            self._send(entries[: self._chance.randint(0, len(entries))])
        self._send(entries)
        ends = {each: len(records) for each, records in self.partitions.items() if records}
        self.covered = CheckpointOffsets(self.covered.size + len(entries), ends)
        return self.covered

    def _send(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            partition = topic_partition(entry.stream)
            records = self.partitions[partition]
            records.append(Record(partition, len(records), entry))


class Reader:
    """Reads as an instance does: from where a partition stands, with the record before that."""

    def __init__(self, projector: PartitionProjector, topic: Topic, most: int = 10_000) -> None:
        self.projector = projector
        self.topic = topic
        self._most = most
        self._next: dict[int, int] = {}

    def give(self, *partitions: int) -> None:
        """What it has from here on; it seeks."""
        wanted = self.projector.seek_ranges(partitions)
        self._next = {each: max(0, at.first - 1) for each, at in wanted.items()}

    def step(self, covered: CheckpointOffsets | None = None) -> bool:
        """Folds what is next; whether there was something."""
        found = []
        for each, at in self._next.items():
            records = self.topic.partitions[each][at : at + self._most]
            self._next[each] = at + len(records)
            found += records
        behind = self.projector.fold(found, covered)
        if behind:
            self.give(*self._next)
        return bool(found or behind)

    def catch_up(self) -> None:
        """Folds all that there is, and moves the positions."""
        self.give(*range(PARTITIONS))
        while self.step(self.topic.covered):
            pass
