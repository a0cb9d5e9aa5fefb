"""The sealer: one transaction a seal, under the writers' lock; any number of sealers, one effect.

Order within a seal: hash, sign, keep the checkpoint outside (fsync), move the log, commit. The kept
checkpoint speaks of committed events only, so it may be ahead of the log by one seal that did not
commit, and never behind what was published.

What is sealed stays for ever, and everybody reads it: bytes that are no event envelope are refused
before that. Whether the program knows an event's type is no question of the sealer's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import msgspec
import structlog

from ledger.domain.envelope import Envelope
from ledger.errors import Fork, Invalid, Refused, SettingsError, Unavailable
from ledger.sealing.key_files import KeptCheckpoint
from ledger.store.port import LogState, LogTransaction, Store
from ledger.transparency.keys import Signer
from ledger.transparency.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, leaf_hashes
from ledger.transparency.notes import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.transparency.tiles import TILE_WIDTH
from ledger.transparency.tree import TileReader, append, root_at

log = structlog.get_logger(__name__)

EVENTS_PER_SEAL = 20_000

_envelope = msgspec.json.Decoder(Envelope)


class Sealer:
    """Seals a store's events with one key. Blocking."""

    def __init__(self, store: Store, signer: Signer, kept: KeptCheckpoint) -> None:
        self._store = store
        self._signer = signer
        self._kept = kept

    def start(self) -> LogState:
        """Begins the log where there is none, and checks the store against what was signed.

        What is no event it leaves to be refused by `seal`: a process that also takes signals goes
        on with that. Raises SettingsError for another log's key, Fork for a store that was cut or
        changed.
        """
        with self._sealing() as begun:
            if begun.state() is None:
                begun.start(
                    LogState(
                        origin=self._signer.name,
                        vkey=str(self._signer.verifier),
                        size=0,
                        checkpoint=sign_checkpoint(self._signer, 0, EMPTY_ROOT),
                    )
                )
            state = self._own_state(begun)
            with suppress(Refused):  # `seal` says so
                state, _ = self._seal_some(begun, state)
        try:
            return self.seal()
        except Refused as error:
            log.warning("not_sealed", reason=str(error))
            return self._store.log_state() or state

    def seal(self, then: Callable[[LogTransaction, LogState], None] | None = None) -> LogState:
        """Seals everything appended so far; returns the log's state after it.

        `then` is done in the transaction of the last seal: nothing is appended in between. Raises
        Fork when the store contradicts the kept checkpoint, Refused at bytes that are no event,
        once all before them is sealed, Unavailable when the store or the kept checkpoint cannot be
        written now.
        """
        while True:
            with self._sealing() as log:
                before = self._own_state(log)
                after, all_events = self._seal_some(log, before)
                whole = all_events and after.size - before.size < EVENTS_PER_SEAL
                if whole and then is not None:
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

    def _seal_some(self, log: LogTransaction, state: LogState) -> tuple[LogState, bool]:
        """One seal: up to EVENTS_PER_SEAL events, and at least those that were signed before.

        Whether they were all events, too: where not, it sealed those before. Raises Refused where
        there are none before.
        """
        signed = self._signed_before(state)
        wanted = max(signed[-1].size, state.size + EVENTS_PER_SEAL)
        leaves, all_events = _leaves(log, state.size, wanted, judged_from=signed[-1].size)
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
            return state, all_events
        note = sign_checkpoint(self._signer, grown.size, grown.root)
        self._kept.write(note)
        after = state._replace(size=grown.size, checkpoint=note)
        log.advance(state, after, grown.tiles)
        return after, all_events

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


def _leaves(
    log: LogTransaction, size: int, wanted: int, *, judged_from: int
) -> tuple[list[bytes], bool]:
    """The hashes of the events behind the first `size` ones, up to `wanted` events in all.

    Up to the first at or behind `judged_from` that is no event; whether there is none. What was
    signed is not judged any more. Raises Refused where there is nothing before that.
    """
    if size:
        _require_last(log, size - 1)
    leaves: list[bytes] = []
    while (first := size + len(leaves)) < wanted:
        events = log.events(first, min(EVENTS_PER_SEAL, wanted - first))
        for expected, (leaf, _) in enumerate(events, start=first):
            if leaf != expected:
                raise _fork(f"the event at leaf {expected} is missing")
        fault = _first_fault(events, judged_from)
        if fault is not None and not leaves and fault.leaf == first:
            raise _no_event(fault)
        sound = events if fault is None else events[: fault.leaf - first]
        leaves += leaf_hashes(stored for _, stored in sound)
        if fault is not None:
            return leaves, False
        if len(events) < EVENTS_PER_SEAL:
            break
    return leaves, True


class _Fault(NamedTuple):
    leaf: int
    reason: str


def _first_fault(events: list[tuple[int, bytes]], judged_from: int) -> _Fault | None:
    """The first of these at or behind a leaf whose bytes are no event envelope."""
    for leaf, stored in events:
        if leaf >= judged_from:
            try:
                _envelope.decode(stored)
            except (msgspec.MsgspecError, ValueError) as error:
                return _Fault(leaf, str(error))
    return None


def _no_event(fault: _Fault) -> Refused:
    return Refused(
        "event_envelope",
        f"The bytes at leaf {fault.leaf} are no event, and are not sealed: {fault.reason}. No "
        "airledger wrote them. Everything before them is sealed, nothing behind them.",
        remedy="Stop what writes to the store and restore it from a copy of before, or, as the "
        "owner of the database, put the event's own bytes back in that place; see docs/how-to/"
        "operate.md.",
    )


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
