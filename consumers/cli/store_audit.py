"""The audit of a store, also of a damaged one: its log, its columns, the checkpoint stored with the
signing key, and the tables beside the log.
"""

from collections.abc import Callable
from contextlib import closing
from itertools import count

import msgspec

from consumers.cli.verify_result import ExtraFindings, Verified, from_audit
from consumers.container.backends import open_store, require_log
from consumers.maintenance.side_tables import SideTables, check_database, check_views
from ledger.domain.envelope import Envelope
from ledger.errors import Invalid
from ledger.sealing import KeptCheckpoint, StoreLogReader, open_signer
from ledger.settings import Settings
from ledger.store.port import Entry, LogState, Store
from ledger.store.sqlite import SQLiteStore
from ledger.transparency.audit import audit
from ledger.transparency.keys import Verifier, parse_verifier
from ledger.transparency.merkle import leaf_hashes
from ledger.transparency.notes import Checkpoint, open_checkpoint
from ledger.transparency.tree import append, root_at

EVENTS_PER_READ = 10_000
_BELOW_ALL = -(1 << 62)


class _CheckedStore:
    """A store that compares the events it reads with the columns they are stored under."""

    def __init__(self, store: Store, sides: SideTables) -> None:
        self._store = store
        self.sides = sides
        self._envelope = msgspec.json.Decoder(Envelope)
        self.misfiled = 0
        self.first_misfiled: int | None = None

    def log_state(self) -> LogState | None:
        return self._store.log_state()

    def tile(self, level: int, index: int) -> bytes:
        return self._store.tile(level, index)

    def read(self, first: int, limit: int) -> list[Entry]:
        entries = self._store.read(first, limit)
        self.sides.follow(entries)
        for entry in entries:
            if not self._is_filed_correctly(entry):
                self.misfiled += 1
                if self.first_misfiled is None:
                    self.first_misfiled = entry.leaf
        return entries

    def _is_filed_correctly(self, entry: Entry) -> bool:
        try:
            envelope = self._envelope.decode(entry.stored)
            contents = (envelope.subject, int(envelope.sequence), envelope.type)
        except (msgspec.MsgspecError, ValueError):
            return False

        return contents == (entry.stream, entry.version, entry.type)


class _LogEnd:
    """A log's end, read without the writers' lock, which an auditor may not acquire.

    The size is read first; events and hashes behind it are only ever added.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.state = store.log_state
        self.tile = store.tile

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Leaf index and bytes of appended events from leaf `first` on."""
        return [(e.leaf, e.stored) for e in self._store.read(first, limit, sealed=False)]


def audit_store(
    settings: Settings,
    *,
    key: str | None,
    older: bytes | None,
    progress: Callable[[int, int], None],
) -> Verified:
    """Audits the store that the settings name; `key` is a verifier key from outside.

    Raises SettingsError for a key that cannot be read, Unavailable for a file that cannot.
    """
    extra = ExtraFindings()
    kept = _kept_checkpoint(settings, extra)
    if settings.embedded and not settings.ledger_path.exists():
        extra.add_problem(f"{settings.ledger_path} is missing, and its signing key is there.", at=0)
        return _no_log(extra, _trusted_key(settings, key, None, extra))
    store = open_store(settings, left=True)
    try:
        leaving = store.leaving() if isinstance(store, SQLiteStore) else None
        if leaving is not None:
            extra.notes.append(f"This ledger moved to {leaving.to} and continues there.")
        state = store.log_state()
        if state is None and kept is None and not settings.embedded and store.size() == 0:
            require_log(store)
        trusted = _trusted_key(settings, key, state, extra)
        if state is None or trusted is None:
            extra.add_problem("The store holds no log: the row of the sealed state is missing.")
            return _no_log(extra, trusted)
        moved = leaving is not None and leaving.done is not None
        with closing(SideTables(store, moved=moved)) as sides:
            checked_store = _CheckedStore(store, sides)
            reader = StoreLogReader(checked_store)
            audited = audit(reader, str(trusted), older=older, progress=progress)
            if checked_store.first_misfiled is not None:
                first = checked_store.first_misfiled
                extra.add_problem(
                    f"Event {first} is stored under another stream, version or type than its bytes "
                    f"contain (such events: {checked_store.misfiled}).",
                    at=first,
                )
            _check_end(_LogEnd(store), trusted, kept, extra)
            extra.faults += [*sides.faults(state.size), *check_views(settings, store)]
            checked = check_database(store)
            extra.faults += checked.faults
            extra.notes += [*sides.notes, *checked.notes]
            return from_audit(audited, trusted, extra)
    finally:
        store.close()


def _trusted_key(
    settings: Settings, key: str | None, state: LogState | None, extra: ExtraFindings
) -> Verifier | None:
    """The trusted verifier key: the given one, else the signing key's, else the store's."""
    if key is not None:
        trusted = parse_verifier(key)
    elif settings.key_path.exists():
        trusted = open_signer(settings.key_path, origin=None, create=False).verifier
    elif state is not None:
        extra.notes.append(
            f"There is no signing key at {settings.key_path}: the check used the store's own key. "
            "Give a key from another place with --vkey."
        )
        return parse_verifier(state.vkey)
    else:
        return None
    if state is not None and state.vkey != str(trusted):
        extra.add_problem(f"The store names another key as its own: {state.vkey}.")
    return trusted


def _kept_checkpoint(settings: Settings, extra: ExtraFindings) -> bytes | None:
    """The kept checkpoint. It is read before the log, so that the log is not behind it."""
    kept = KeptCheckpoint(settings.key_path)
    try:
        note = kept.read()
    except OSError as error:
        extra.add_problem(f"The kept checkpoint {kept.path} cannot be read: {error.strerror}.")
        return None
    if note is None:
        extra.notes.append(
            f"There is no checkpoint at {kept.path}: without one, only an older checkpoint from "
            "another place (--checkpoint) can show that the log was truncated."
        )
    return note


def _no_log(extra: ExtraFindings, verifier: Verifier | None) -> Verified:
    """The result for a store without a log."""
    return Verified(
        ok=False,
        origin=verifier.name if verifier else "",
        vkey=str(verifier) if verifier else "",
        size=0,
        root="",
        first_bad_index=extra.first_bad_index,
        unsealed=None,
        problems=tuple(extra.problems),
        notes=tuple(extra.notes),
        beside=tuple(extra.faults),
    )


def _check_end(log: _LogEnd, verifier: Verifier, note: bytes | None, extra: ExtraFindings) -> None:
    """The events behind the sealed ones are dense; the kept checkpoint speaks of these events."""
    state = log.state()
    if state is None:
        return
    signed = _open(state.checkpoint, verifier)
    if signed is not None and signed.size != state.size:
        extra.add_problem(
            f"The store says that {state.size} events are sealed, its checkpoint {signed.size}.",
            at=min(signed.size, state.size),
        )
    if (lowest := log.events(_BELOW_ALL, 1)) and lowest[0][0] < 0:
        extra.add_problem(f"An event is numbered {lowest[0][0]}, before the log's beginning.", at=0)
    kept = _open(note, verifier) if note is not None else None
    if note is not None and kept is None:
        extra.add_problem("The checkpoint kept beside the key is damaged, or of another log.")
    wanted = kept.size - state.size if kept is not None else 0
    leaves: list[bytes] = []
    for first in count(state.size, EVENTS_PER_READ):
        events = log.events(first, EVENTS_PER_READ)
        gap = next((at for at, (leaf, _) in enumerate(events, start=first) if leaf != at), None)
        if gap is not None:
            extra.add_problem(f"Event {gap}, which was not sealed yet, is missing.", at=gap)
            return
        leaves += leaf_hashes(stored for _, stored in events[: max(0, wanted - len(leaves))])
        if len(events) < EVENTS_PER_READ:
            extra.unsealed = first + len(events) - state.size
            break
    if kept is not None:
        _compare(kept, state, leaves, log, extra)


def _open(note: bytes, verifier: Verifier) -> Checkpoint | None:
    try:
        return open_checkpoint(note, verifier)
    except Invalid:
        return None


def _compare(
    kept: Checkpoint, state: LogState, leaves: list[bytes], log: _LogEnd, extra: ExtraFindings
) -> None:
    held = state.size + len(leaves)
    if kept.size > held:
        extra.add_problem(
            f"The log was cut: {kept.size} events were signed, and the store holds {held}.", at=held
        )
        return
    try:
        if kept.size > state.size:
            root = append(state.size, leaves, log.tile).root
        else:
            root = root_at(kept.size, log.tile)
    except Invalid as error:
        extra.add_problem(f"The kept checkpoint cannot be compared: {error.message}")
        return
    if root != kept.root:
        extra.add_problem(
            f"The first {kept.size} events are not those that the checkpoint kept beside the key "
            "was signed for."
        )
