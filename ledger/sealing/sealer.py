"""The sealer: one transaction a seal, under the writers' lock; any number of sealers, one effect.

Order within a seal: hash, sign, keep the checkpoint outside (fsync), move the log, commit. The kept
checkpoint speaks of committed events only, so it may be ahead of the log by one seal that did not
commit, and never behind what was published.
"""

from ledger.errors import Fork, Invalid, SettingsError, Unavailable
from ledger.sealing.keeping import KeptCheckpoint
from ledger.store.port import LogState, LogTransaction, Store
from ledger.transparency.keys import Signer
from ledger.transparency.merkle import EMPTY_ROOT, leaf_hashes
from ledger.transparency.notes import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.transparency.tree import Appended, append, root_at

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
        with self._store.sealing() as log:
            if log.state() is None:
                log.start(
                    LogState(
                        origin=self._signer.name,
                        vkey=str(self._signer.verifier),
                        size=0,
                        checkpoint=sign_checkpoint(self._signer, 0, EMPTY_ROOT),
                    )
                )
        return self.seal()

    def seal(self) -> LogState:
        """Seals everything appended so far; returns the log's state after it.

        Raises Fork when the store contradicts the kept checkpoint, Unavailable when it or the kept
        checkpoint cannot be written now.
        """
        while True:
            with self._store.sealing() as log:
                before = self._own_state(log)
                try:
                    after = self._seal_some(log, before)
                except OSError as error:
                    raise Unavailable(
                        f"The checkpoint {self._kept.path} cannot be kept: {error}.",
                        remedy="Free room there and make it writable; nothing was sealed.",
                    ) from error
            if after.size - before.size < EVENTS_PER_SEAL:
                return after

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
        leaves = []
        for expected, (leaf, stored) in enumerate(
            log.events(state.size, EVENTS_PER_SEAL), start=state.size
        ):
            if leaf != expected:
                raise _fork(f"the event at leaf {expected} is missing")
            leaves.append(stored)
        try:
            grown = append(state.size, leaf_hashes(leaves), log.tile)
            self._compare_with_kept(log, grown)
        except Invalid as error:
            raise _fork(error.message) from error
        if not leaves:
            return state
        checkpoint = sign_checkpoint(self._signer, grown.size, grown.root)
        self._kept.write(checkpoint)
        after = state._replace(size=grown.size, checkpoint=checkpoint)
        log.advance(state, after, grown.tiles)
        return after

    def _compare_with_kept(self, log: LogTransaction, grown: Appended) -> None:
        note = self._kept.read()
        if note is None:
            return
        try:
            kept: Checkpoint = open_checkpoint(note, self._signer.verifier)
        except Invalid as error:
            raise SettingsError(
                f"The kept checkpoint {self._kept.path} is not this log's: {error.message}",
                remedy="Put the one back that belongs beside this key.",
            ) from error
        if kept.size > grown.size:
            raise _fork(f"{kept.size} events were signed, and the store holds {grown.size}")

        def tile(level: int, index: int) -> bytes:
            return grown.tiles.get((level, index)) or log.tile(level, index)

        if root_at(kept.size, tile) != kept.root:
            raise _fork(f"the first {kept.size} events are not those that were signed")


def _fork(what: str) -> Fork:
    return Fork(
        f"The store contradicts the last signed checkpoint: {what}.",
        remedy="Sealing on would fork the log. Restore the missing or changed events byte for byte "
        "from a newer copy of the store, or begin a new log with a new key; see airledger verify.",
    )
