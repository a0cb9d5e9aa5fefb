"""The sealer: one transaction a seal, under the writers' lock; any number of sealers, one effect.

Order within a seal: hash, sign, keep the checkpoint outside (fsync), move the log, commit. The kept
checkpoint speaks of committed events only, so it may be ahead of the log by one seal that did not
commit, and never behind what was published.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.errors import Fork, Invalid, SettingsError, Unavailable
from ledger.sealing.keeping import KeptCheckpoint
from ledger.store.port import LogState, LogTransaction, Store
from ledger.transparency.keys import Signer
from ledger.transparency.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, leaf_hashes
from ledger.transparency.notes import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.transparency.tiles import TILE_WIDTH
from ledger.transparency.tree import TileReader, append, root_at

EVENTS_PER_SEAL = 20_000


class Sealer:
    """Seals a store's events with one key. Blocking."""

    def __init__(self, store: Store, signer: Signer, kept: KeptCheckpoint) -> None:
        self._store = store
        self._signer = signer
        self._kept = kept

    def start(self) -> LogState:
        """Begins the log where there is none, and checks the store against what was signed.

        Raises SettingsError for another log's key, Fork for a store that was cut or changed.
        """
        with self._sealing() as log:
            if log.state() is None:
                log.start(
                    LogState(
                        origin=self._signer.name,
                        vkey=str(self._signer.verifier),
                        size=0,
                        checkpoint=sign_checkpoint(self._signer, 0, EMPTY_ROOT),
                    )
                )
            self._seal_some(log, self._own_state(log))
        return self.seal()

    def seal(self, then: Callable[[LogTransaction, LogState], None] | None = None) -> LogState:
        """Seals everything appended so far; returns the log's state after it.

        `then` is done in the transaction of the last seal: nothing is appended in between. Raises
        Fork when the store contradicts the kept checkpoint, Unavailable when it or the kept
        checkpoint cannot be written now.
        """
        while True:
            with self._sealing() as log:
                before = self._own_state(log)
                after = self._seal_some(log, before)
                if (whole := after.size - before.size < EVENTS_PER_SEAL) and then is not None:
                    then(log, after)
            if whole:
                return after

    @contextmanager
    def _sealing(self) -> Iterator[LogTransaction]:
        try:
            with self._store.sealing() as log:
                yield log
        except OSError as error:
            raise Unavailable(
                f"The checkpoint {self._kept.path} cannot be kept: {error}.",
                remedy="Free room there and make it writable; nothing was sealed.",
            ) from error

    def _own_state(self, log: LogTransaction) -> LogState:
        state = log.state()
        if state is None:
            raise SettingsError("The log was not begun.", remedy="Start the sealer first.")
        if state.vkey != str(self._signer.verifier):
            raise SettingsError(
                f"The log is sealed with another key: its verifier key is {state.vkey}, and this "
                f"one's is {self._signer.verifier}.",
                remedy="Name the log's own key in log.key_file.",
            )
        return state

    def _seal_some(self, log: LogTransaction, state: LogState) -> LogState:
        """One seal: up to EVENTS_PER_SEAL events, and at least those that were signed before."""
        signed = self._signed_before(state)
        wanted = max(signed[-1].size, state.size + EVENTS_PER_SEAL)
        leaves = _leaves(log, state.size, wanted)
        if (held := state.size + len(leaves)) < signed[-1].size:
            raise _fork(f"{signed[-1].size} events were signed, and the store holds {held}")
        try:
            grown = append(state.size, leaves, log.tile)

            def tile(level: int, index: int) -> bytes:
                return grown.tiles.get((level, index)) or log.tile(level, index)

            for checkpoint in signed:
                _compare(checkpoint, tile)
        except Invalid as error:
            raise _fork(error.message) from error
        if not leaves:
            return state
        note = sign_checkpoint(self._signer, grown.size, grown.root)
        self._kept.write(note)
        after = state._replace(size=grown.size, checkpoint=note)
        log.advance(state, after, grown.tiles)
        return after

    def _signed_before(self, state: LogState) -> list[Checkpoint]:
        """The store's own checkpoint and the kept one, the larger one last."""
        kept = self._kept.read()
        try:
            signed = [open_checkpoint(state.checkpoint, self._signer.verifier)]
        except Invalid as error:
            raise _fork(f"its own checkpoint is damaged: {error.message}") from error
        if signed[0].size != state.size:
            raise _fork(f"its checkpoint is of {signed[0].size} events, its log of {state.size}")
        if kept is None or kept == state.checkpoint:
            return signed
        try:
            signed.append(open_checkpoint(kept, self._signer.verifier))
        except Invalid as error:
            raise SettingsError(
                f"The kept checkpoint {self._kept.path} is not this log's: {error.message}",
                remedy="Put the one back that belongs beside this key.",
            ) from error
        return sorted(signed, key=lambda checkpoint: checkpoint.size)


def _leaves(log: LogTransaction, size: int, wanted: int) -> list[bytes]:
    """The hashes of the events behind the first `size` ones, up to `wanted` events in all."""
    if size:
        _require_last(log, size - 1)
    leaves: list[bytes] = []
    while (first := size + len(leaves)) < wanted:
        events = log.events(first, min(EVENTS_PER_SEAL, wanted - first))
        for expected, (leaf, _) in enumerate(events, start=first):
            if leaf != expected:
                raise _fork(f"the event at leaf {expected} is missing")
        leaves += leaf_hashes(stored for _, stored in events)
        if len(events) < EVENTS_PER_SEAL:
            break
    return leaves


def _require_last(log: LogTransaction, leaf: int) -> None:
    """The last sealed event stands in its place: a store whose tail was cut has lost it."""
    tile, place = divmod(leaf, TILE_WIDTH)
    sealed = log.tile(0, tile)[place * HASH_SIZE : (place + 1) * HASH_SIZE]
    if [(leaf, sealed)] != [(at, leaf_hash(stored)) for at, stored in log.events(leaf, 1)]:
        raise _fork(f"the event at leaf {leaf}, sealed last, is missing or differs")


def _compare(signed: Checkpoint, tile: TileReader) -> None:
    if root_at(signed.size, tile) != signed.root:
        raise _fork(f"the first {signed.size} events are not those that were signed")


def _fork(what: str) -> Fork:
    return Fork(
        f"The store contradicts the last signed checkpoint: {what}.",
        remedy="Sealing on would fork the log. Restore the missing or changed events byte for "
        "byte: a newer copy of the store has them, or airledger store repair FILE puts missing "
        "ones back from a replay. Or begin a new ledger in an empty data directory. See airledger "
        "verify.",
    )
