"""States of streams as one batch sees them: as stored, then with the batch's own events."""

from collections.abc import Iterable
from contextlib import suppress

from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import kind_of
from ledger.errors import UnknownEvent
from ledger.execute.state_cache import Loaded, StateCache, resolve_leaf
from ledger.store.port import Entry, Store


class StreamStates:
    """Loads streams through the executor's cache, and keeps what the batch made of them apart.

    The cache holds stored states alone, so that a batch that is refused leaves nothing in it.
    """

    def __init__(
        self, store: Store, cache: StateCache, *, counted: frozenset[str] = frozenset()
    ) -> None:
        """`changes` says how often the batch changed one of the streams `counted`."""
        self.changes = 0
        self._counted = counted
        self._store = store
        self._cache = cache
        self._streams: dict[str, Loaded] = {}
        self._undo: list[tuple[str, Loaded]] = []

    def catch_up(self) -> None:
        """Brings the cache up to what others appended. Raises Unavailable."""
        self._cache.catch_up(self._store)

    def prefetch(self, streams: Iterable[str]) -> None:
        """Loads many streams in one query. Raises Unavailable.

        A stream that does not decode is left out: `loaded` raises the error to whoever asks.
        """
        missing = {stream: 0 for stream in streams if self._held(stream) is None}
        if not missing:
            return
        for stream, entries in self._store.load(missing).items():
            with suppress(UnknownEvent):
                self._fold(stream, entries)

    def loaded(self, stream: str) -> Loaded:
        """A stream's state, the batch's own events included. Raises UnknownEvent, Unavailable.

        A stream without events has version 0 and the initial state of its kind.
        """
        loaded = self._streams.get(stream) or self._held(stream)
        if loaded is not None:
            return loaded
        return self._fold(stream, self._store.load({stream: 0})[stream])

    def replace(self, stream: str, before: Loaded, after: Loaded) -> None:
        """Sets the state that an event of the batch led to; a rollback sets `before` again."""
        self._undo.append((stream, before))
        self._streams[stream] = after
        self.changes += stream in self._counted

    def savepoint(self) -> None:
        """Makes the states of now those that a rollback sets."""
        self._undo.clear()

    def rollback(self) -> None:
        """Sets the states of the last savepoint."""
        for stream, before in reversed(self._undo):
            self._streams[stream] = before
            self.changes += stream in self._counted
        self._undo.clear()

    def committed(self, streams: Iterable[str], leaves: range, last: bytes) -> None:
        """Puts the states of these streams into the cache, with their leaf indices.

        `leaves` are those of the batch's events, `last` is the stored bytes of the last one.
        """
        for stream in streams:
            state, version, leaf, recorded_at = self._streams[stream]
            self._cache.put(stream, Loaded(state, version, resolve_leaf(leaf, leaves), recorded_at))
        self._cache.appended(leaves, last)

    def _held(self, stream: str) -> Loaded | None:
        loaded = self._streams.get(stream)
        if loaded is None and (loaded := self._cache.get(stream)) is not None:
            self._streams[stream] = loaded
        return loaded

    def _fold(self, stream: str, entries: list[Entry]) -> Loaded:
        loaded = self._cache.folded(stream, Loaded(KINDS[kind_of(stream)].initial), entries)
        self._cache.put(stream, loaded)
        self._streams[stream] = loaded
        return loaded
