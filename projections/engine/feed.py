"""The feed: the sealed log in batches, read and decoded once for all who stand at the same leaf."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.domain.codec import Codec
from ledger.domain.envelope import Recorded
from ledger.errors import Fork
from ledger.store.port import Entry, Store
from ledger.transparency.merkle import leaf_hash

EVENTS_PER_BATCH = 500


@dataclass(slots=True)
class Batch:
    """Sealed events without a gap, from the one asked for on; `below` is the one before them."""

    below: Entry | None
    entries: Sequence[Entry]
    _codec: Codec
    _decoded: dict[int, Recorded] = field(default_factory=dict)

    def recorded(self, place: int) -> Recorded:
        """The event at a place in the batch. Raises UnknownEvent."""
        if (recorded := self._decoded.get(place)) is None:
            entry = self.entries[place]
            recorded = self._codec.decode(entry.stored, entry.leaf)
            self._decoded[place] = recorded
        return recorded

    def stands_on(self, count: int) -> bytes:
        """The hash of the leaf below a position `count` events into the batch."""
        below = self.entries[count - 1] if count else self.below
        return b"" if below is None else leaf_hash(below.stored)


class Feed:
    """Batches of one store. Not thread-safe."""

    def __init__(self, store: Store, codec: Codec) -> None:
        self._store = store
        self._codec = codec
        self._batches: dict[int, Batch] = {}

    def refresh(self) -> None:
        """Forgets what was read: more may have been sealed since."""
        self._batches.clear()

    def batch(self, first: int) -> Batch:
        """What is sealed from leaf `first` on, at most 500 events. Raises Fork where it is lost."""
        if (batch := self._batches.get(first)) is None:
            batch = self._batches[first] = self._read(first)
        return batch

    def _read(self, first: int) -> Batch:
        start = max(first - 1, 0)
        found = self._store.read(start, EVENTS_PER_BATCH + first - start)
        below = found.pop(0) if found and found[0].leaf < first else None
        sound = [entry for leaf, entry in enumerate(found, start=first) if entry.leaf == leaf]
        if found and not sound:
            raise Fork(
                f"The sealed event at leaf {first} is missing from the store.",
                remedy="Restore it byte for byte from a copy; airledger verify tells what is lost.",
            )
        return Batch(below, sound, self._codec)
