"""The store's port. Every backend passes the tests in `tests/contract`.

Events and the log are methods of the store itself, for they are used everywhere. What is kept
beside events is read through a part for each subject (`side_ports`, ADR 29).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from ledger.store.side_ports import (
    AccessReads,
    DeadlineReads,
    FollowerReads,
    IdempotencyReads,
    LastSeenReads,
    QuarantineReads,
    ReadReads,
    TextReads,
)
from ledger.store.side_records import SideWrite


class NewEvent(NamedTuple):
    """An event to append: `stored` is its envelope in bytes, `version` counts from 1 in its stream.

    `type` is the event's stored name.
    """

    stream: str
    version: int
    type: str
    stored: bytes


class Entry(NamedTuple):
    """An event as it is stored; `leaf` is its index in the log, from 0."""

    leaf: int
    stream: str
    version: int
    type: str
    stored: bytes


class LogState(NamedTuple):
    """The transparency log as far as it is sealed: its name, key, size, and signed checkpoint."""

    origin: str
    vkey: str
    size: int
    checkpoint: bytes


class DatabaseCheck(NamedTuple):
    """`faults` in the database's words; `notes` say what was not checked, and why."""

    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class LogTransaction(Protocol):
    """The log table under the writers' lock; leaving without an exception commits."""

    def state(self) -> LogState | None:
        """The log's state; None before its start."""

    def start(self, state: LogState) -> None:
        """Begins the log. Raises Conflict if it was begun."""

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Leaf index and bytes of appended events from leaf `first` on."""

    def tile(self, level: int, index: int) -> bytes:
        """A stored tile, empty where there is none."""

    def advance(self, old: LogState, new: LogState, tiles: dict[tuple[int, int], bytes]) -> None:
        """Writes tiles and moves the log from `old` to `new`. Raises Conflict if it moved."""


class EventStore(Protocol):
    """Events, and the side writes of their append, which is one transaction with them."""

    def append(self, events: Sequence[NewEvent], side_writes: Sequence[SideWrite] = ()) -> range:
        """Appends all or nothing, durably; returns the leaf indices, dense and in order.

        Raises Conflict when another writer took one of the versions or ids first. A commit whose
        outcome was unknown and that did happen returns its indices.
        """

    def restore(
        self, first: int, events: Sequence[NewEvent], side_writes: Sequence[SideWrite] = ()
    ) -> None:
        """Writes events that are missing at the store's end to their leaves, from `first` on.

        For a repair: also below what is sealed, where an append is refused. Raises Conflict where
        the store does not end at `first`.
        """

    def load(self, streams: dict[str, int]) -> dict[str, list[Entry]]:
        """The events of each stream after the given version."""

    def read(self, first: int, limit: int, *, sealed: bool = True) -> list[Entry]:
        """Events in log order from leaf `first` on; also those not sealed if `sealed` is False."""

    def of_kind(self, kind: str) -> list[Entry]:
        """Every event of the streams of a kind, stream by stream: for kinds of few events."""

    def size(self) -> int:
        """How many events were appended."""


class LogStore(Protocol):
    """The transparency log: its state, its tiles, and the transaction that seals."""

    def log_state(self) -> LogState | None:
        """The sealed log; None before its start."""

    def tile(self, level: int, index: int) -> bytes:
        """A hash tile as stored, empty where there is none."""

    def sealing(self) -> AbstractContextManager[LogTransaction]:
        """The log under the writers' lock."""


class SideStore(Protocol):
    """What is kept beside events, a part for each subject."""

    @property
    def idempotency(self) -> IdempotencyReads:
        """Consumed ids, and answers by idempotency key."""

    @property
    def last_seen(self) -> LastSeenReads:
        """When alerts were last seen, and sources last heard."""

    @property
    def access(self) -> AccessReads:
        """Tokens, sessions and people."""

    @property
    def quarantine(self) -> QuarantineReads:
        """Quarantine entries and bodies."""

    @property
    def followers(self) -> FollowerReads:
        """Positions and month members."""

    @property
    def deadlines(self) -> DeadlineReads:
        """Deadlines to check."""

    @property
    def texts(self) -> TextReads:
        """Texts beside the log."""

    @property
    def reads(self) -> ReadReads:
        """What was read, and by whom."""


class Store(EventStore, LogStore, SideStore, Protocol):
    """One ledger's store. Times are UTC. Blocking: call it off the event loop.

    Every method raises ledger.errors.Unavailable when the store cannot do it now.
    """

    def probe(self) -> None:
        """Commits a durable write without meaning: whether an append could be stored now."""

    def check(self) -> DatabaseCheck:
        """What the database's own check finds wrong with its tables; slow.

        It does not find a well-formed value that was changed.
        """

    def scrub(self, *, whole: bool = False, wait: bool = True) -> bool:
        """Leaves nothing of erased rows in the files, as far as the database can; whether it did.

        False where readers were in the way to the end of their time, or the right is missing: it is
        to be done again. Without `wait`, readers have no time. With `whole`, the database is
        written anew, which takes its size in time.
        """

    def needs_scrub(self) -> bool:
        """Whether rows as they were may lie in the store's files here, outside its tables."""

    def remains(self, needles: Sequence[bytes]) -> bool:
        """Whether the store's files have any of these bytes; False where it has no files here."""

    def listen(self, appended: Callable[[], None], sealed: Callable[[], None]) -> None:
        """Has these called soon after any process appended or sealed. It may miss; poll as well.

        They are called from a thread of the store, both or without cause at times, until the store
        is closed: they have to be quick, thread-safe, and raise nothing.
        """

    def close(self) -> None:
        """Closes connections and files."""
