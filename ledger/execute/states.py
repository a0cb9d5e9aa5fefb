"""Folded states in memory, kept up with the log: one short query tells what others appended.

A batch reads the log's tail behind what this cache has seen. What it appended itself is in there
already, so the tail is empty unless another process wrote, and a stream that is held here needs no
query of its own. A state that is stale all the same is harmless: appends check versions.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Any, NamedTuple

from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import kind_of
from ledger.errors import UnknownEvent
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Entry, Store

MOST_FOLLOWED = 1000
"""Where others appended more than so many events, forgetting costs less than following."""


class Loaded(NamedTuple):
    """A stream's folded state, its version, and its last event's leaf index and recording time.

    Until it is stored, the n-th event of a batch (from 0) has the leaf ~n; see `placed`.
    """

    state: Any
    version: int = 0
    leaf: int = -1
    recorded_at: datetime | None = None


def placed(leaf: int, leaves: range) -> int:
    """The leaf index of an event whose batch was stored at `leaves`."""
    return leaves[~leaf] if leaf < 0 else leaf


class StateCache:
    """Folded states by stream, bounded. Not thread-safe."""

    def __init__(self, mapper: EnvelopeMapper, most: int) -> None:
        self._mapper = mapper
        self._most = most
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._seen: int | None = None

    def follow(self, store: Store) -> None:
        """Catches up what is held with what others appended. Raises Unavailable."""
        if self._seen is not None:
            news = store.read(self._seen, MOST_FOLLOWED, sealed=False)
            if len(news) < MOST_FOLLOWED:
                for entry in news:
                    if entry.stream in self._loaded:
                        self._follow(entry)
                    self._seen = entry.leaf + 1
                return
        self._loaded.clear()
        self._seen = store.size()

    def _follow(self, entry: Entry) -> None:
        """One that does not decode is the error of whoever asks for its stream."""
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
        """Keeps a stored state, and lets go of the one unused longest."""
        self._loaded[stream] = loaded
        self._loaded.move_to_end(stream)
        if len(self._loaded) > self._most:
            self._loaded.popitem(last=False)

    def appended(self, leaves: range) -> None:
        """This batch's own events stand at `leaves`, and their states were put."""
        if leaves.start == self._seen:
            self._seen = leaves.stop

    def clear(self) -> None:
        """Forgets everything."""
        self._loaded.clear()
        self._seen = None
