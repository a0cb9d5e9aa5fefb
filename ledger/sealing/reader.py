"""The store's log as an auditor or a web server reads it."""

from collections.abc import Sequence
from typing import Protocol

from ledger.errors import NotFound
from ledger.store.port import Entry, LogState
from ledger.transparency.merkle import HASH_SIZE
from ledger.transparency.tiles import MAX_ENTRY_SIZE, TILE_WIDTH, encode_bundle


class SealedEvents(Protocol):
    """What of a store is read (see Store)."""

    def log_state(self) -> LogState | None: ...
    def tile(self, level: int, index: int) -> bytes: ...
    def read(self, first: int, limit: int) -> Sequence[Entry]: ...


class StoreLogReader:
    """A LogReader over the store (see ledger.transparency.audit)."""

    def __init__(self, store: SealedEvents) -> None:
        self._store = store

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint. Raises NotFound before the log's start."""
        state = self._store.log_state()
        if state is None:
            raise NotFound("The log was not begun.", remedy="Start a sealer: airledger serve.")
        return state.checkpoint

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile; fewer where the store has fewer."""
        return self._store.tile(level, index)[: width * HASH_SIZE]

    def entries(self, index: int, width: int) -> bytes:
        """The bundle of sealed entries from `index` * 256 on, up to the first one missing.

        One that is too long for a log entry was not appended by airledger, and counts as missing.
        """
        bundle: list[bytes] = []
        for expected, (leaf, *_, stored) in enumerate(
            self._store.read(index * TILE_WIDTH, width), start=index * TILE_WIDTH
        ):
            if leaf != expected or len(stored) > MAX_ENTRY_SIZE:
                break
            bundle.append(stored)
        return encode_bundle(bundle)
