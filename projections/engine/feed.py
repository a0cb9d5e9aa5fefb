"""The feed: the sealed log in batches, read and decoded once for all readers at the same leaf."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from ledger.domain.codec import Codec
from ledger.domain.envelope import Recorded, kind_of
from ledger.domain.text import outside_texts
from ledger.errors import Fork
from ledger.store.port import Entry, Store
from ledger.transparency.merkle import leaf_hash
from projections.engine.projection import Projection

EVENTS_PER_BATCH = 2_000
EVENTS_PER_REBUILD_BATCH = 4_000

TextSource = Callable[[Iterable[str]], dict[str, str]]
"""Reads texts beside the log by their ids, without those that are erased or missing."""


class Events:
    """Events of a log, each decoded once for all readers."""

    def __init__(self, entries: Sequence[Entry], codec: Codec, texts: TextSource) -> None:
        self.entries = entries
        self._codec = codec
        self._texts = texts
        self._indexes: dict[tuple[str, str], list[int]] = {}
        for index, entry in enumerate(entries):
            self._indexes.setdefault((kind_of(entry.stream), entry.type), []).append(index)
        self._decoded: list[Recorded | None] = [None] * len(entries)

    def recorded(self, index: int) -> Recorded:
        """The event at an index. Raises UnknownEvent."""
        recorded = self._decoded[index]
        if recorded is None:
            entry = self.entries[index]
            recorded = self._decoded[index] = self._codec.decode(entry.stored, entry.leaf)
        return recorded

    def texts_of(self, events: Iterable[Recorded]) -> dict[str, str]:
        """The texts that these events name, as they are now. Raises Unavailable.

        They are read anew each time: a text may have been erased since.
        """
        ids = {text.text for recorded in events for text in outside_texts(recorded.event)}
        return self._texts(ids) if ids else {}

    def indexes_for(self, projection: Projection) -> list[int]:
        """The indexes of the events that a projection reads; unknown ones stop it there."""
        matching = [
            indexes
            for (kind, name), indexes in self._indexes.items()
            if _is_read(projection, self._codec, kind, name)
        ]
        return sorted(chain.from_iterable(matching))


class Batch(Events):
    """Consecutive sealed events; `below` is the event before the first of them."""

    def __init__(
        self, below: Entry | None, entries: Sequence[Entry], codec: Codec, texts: TextSource
    ) -> None:
        super().__init__(entries, codec, texts)
        self.below = below

    def anchor_hash(self, count: int) -> bytes:
        """The hash of the leaf before position `count` of the batch; empty at the log's start."""
        below = self.entries[count - 1] if count else self.below
        return b"" if below is None else leaf_hash(below.stored)


class Feed:
    """Batches of one store, of at most `limit` events. Not thread-safe."""

    def __init__(self, store: Store, codec: Codec, limit: int) -> None:
        self._store = store
        self._codec = codec
        self._limit = limit
        self._batches: dict[int, Batch] = {}

    def refresh(self) -> None:
        """Clears the cache: more events may have been sealed."""
        self._batches.clear()

    def batch(self, first: int) -> Batch:
        """The sealed events from leaf `first`, up to the limit. Raises Fork for a missing one."""
        if (batch := self._batches.get(first)) is None:
            batch = self._batches[first] = self._read(first)
        return batch

    def is_full(self, batch: Batch) -> bool:
        """Whether more events probably follow the batch."""
        return len(batch.entries) >= self._limit

    def _read(self, first: int) -> Batch:
        start = max(first - 1, 0)
        found = self._store.read(start, self._limit + first - start)
        below = found.pop(0) if found and found[0].leaf < first else None
        sound = [entry for leaf, entry in enumerate(found, start=first) if entry.leaf == leaf]
        if found and not sound:
            raise Fork(
                f"The sealed event at leaf {first} is missing from the store.",
                remedy="Restore it byte for byte from a copy; airledger verify lists the losses.",
            )
        return Batch(below, sound, self._codec, self._readable)

    def _readable(self, ids: Iterable[str]) -> dict[str, str]:
        return self._store.texts.readable(ids)


def _is_read(projection: Projection, codec: Codec, kind: str, name: str) -> bool:
    if kind not in projection.kinds:
        return False
    if projection.events is None:
        return True
    event = codec.event_type(name)
    return event is None or event in projection.events
