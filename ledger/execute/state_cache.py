"""Folded states in memory, brought up to date by one short query a batch.

A batch reads the log from the last event that this cache has seen. The executor's own events are in
the cache already, so the query finds nothing unless another process appended, and a stream that is
held here needs no query of its own. A stale state does no harm: appends check versions. A state
ahead of the store would: where the last event seen is missing or differs, another store was put in
its place, and the cache is cleared.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import kind_of
from ledger.errors import UnknownEvent
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Entry, Store

log = structlog.get_logger(__name__)

MOST_REPLAYED = 1000
"""Above this many foreign events, clearing the cache is cheaper than replaying them."""


class Loaded(NamedTuple):
    """A stream's folded state, its version, and its last event's leaf index and recording time.

    `state` is of the type that the stream's kind folds, `version` 0 where there are no events.
    `leaf` is -1 without events, else the leaf index (from 0). An event of a batch that is not
    stored yet has no leaf index: its `leaf` is ~n (that is, -n - 1) for the n-th event of the batch
    (from 0), and `resolve_leaf` makes it a leaf index after the append. `recorded_at` is UTC.
    """

    state: Any
    version: int = 0
    leaf: int = -1
    recorded_at: datetime | None = None


def resolve_leaf(leaf: int, leaves: range) -> int:
    """The leaf index of an event whose batch was stored at `leaves`."""
    return leaves[~leaf] if leaf < 0 else leaf


class StateCache:
    """Folded states by stream, bounded. Not thread-safe."""

    def __init__(self, mapper: EnvelopeMapper, most: int) -> None:
        self._mapper = mapper
        self._most = most
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._seen: int | None = None
        self._last = b""

    def catch_up(self, store: Store) -> None:
        """Replays what others appended into the states that are held. Raises Unavailable."""
        if self._seen is not None:
            found = store.read(max(0, self._seen - 1), MOST_REPLAYED, sealed=False)
            if len(found) < MOST_REPLAYED and self._is_here(found):
                for entry in found[1:] if self._seen else found:
                    if entry.stream in self._loaded:
                        self._replay(entry)
                    self._seen, self._last = entry.leaf + 1, entry.stored
                return
            log.info("states_forgotten", seen=self._seen)
        self._loaded.clear()
        self._seen = store.size()
        self._last = b"".join(
            entry.stored for entry in store.read(self._seen - 1, 1, sealed=False) if self._seen
        )

    def _is_here(self, found: Sequence[Entry]) -> bool:
        """Whether the last event seen is the one that the store has there."""
        if not self._seen:
            return True
        return bool(found) and (found[0].leaf, found[0].stored) == (self._seen - 1, self._last)

    def _replay(self, entry: Entry) -> None:
        """Folds an event into its stream; drops the stream if the event does not decode."""
        known = self._loaded[entry.stream]
        if entry.version <= known.version:
            return
        try:
            self._loaded[entry.stream] = self.folded(entry.stream, known, [entry])
        except UnknownEvent:
            del self._loaded[entry.stream]

    def folded(self, stream: str, known: Loaded, news: list[Entry]) -> Loaded:
        """A state with the events that followed upon it. Raises UnknownEvent."""
        evolve = KINDS[kind_of(stream)].evolve
        for entry in news:
            recorded = self._mapper.to_recorded(entry)
            state = evolve(known.state, recorded.event)
            known = Loaded(state, entry.version, entry.leaf, recorded.recorded_at)
        return known

    def get(self, stream: str) -> Loaded | None:
        """The state as far as the log was followed; None for a stream that is not held."""
        if (loaded := self._loaded.get(stream)) is not None:
            self._loaded.move_to_end(stream)
        return loaded

    def put(self, stream: str, loaded: Loaded) -> None:
        """Puts a stored state; beyond the bound it drops the one least recently used."""
        self._loaded[stream] = loaded
        self._loaded.move_to_end(stream)
        if len(self._loaded) > self._most:
            self._loaded.popitem(last=False)

    def appended(self, leaves: range, last: bytes) -> None:
        """This batch's own events stand at `leaves`, and their states were put.

        `last` is the stored bytes of the last one.
        """
        if leaves and leaves.start == self._seen:
            self._seen, self._last = leaves.stop, last

    def clear(self) -> None:
        """Drops all states."""
        self._loaded.clear()
        self._seen = None
