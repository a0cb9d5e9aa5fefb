"""What the rest of the ledger asks of a store. SQLite is one; another takes over its contract."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from ledger.store.side_records import (
    Body,
    Deadline,
    IdempotentAnswer,
    MonthMember,
    Person,
    Quarantined,
    Session,
    SideWrite,
    TokenRow,
)


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


class QuarantineHeld(NamedTuple):
    """What a source has in open quarantine entries: their bytes with their bodies', and how many.

    Entries of releases before count with their bodies alone.
    """

    size: int
    entries: int


class DatabaseCheck(NamedTuple):
    """`faults` in the database's words; `notes` say what was not checked, and why."""

    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


Place = tuple[str, str]
"""An entry's place in a list of the quarantine: its time of arrival as text, and its id."""


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


class Store(Protocol):
    """Events, and what is written with them. Times are UTC. Blocking: call it off the event loop.

    Raises ledger.errors.Unavailable when the store cannot do it now.
    """

    def append(self, events: Sequence[NewEvent], notes: Sequence[SideWrite] = ()) -> range:
        """Appends all or nothing, durably; returns the leaf indices, dense and in order.

        Raises Conflict when another writer took one of the versions or ids first. A commit whose
        outcome was unknown and that did happen returns its indices.
        """

    def put_back(
        self, first: int, events: Sequence[NewEvent], notes: Sequence[SideWrite] = ()
    ) -> None:
        """Writes events that are missing at the store's end to their leaves, from `first` on.

        For a repair: also below what is sealed, where an append is refused. Raises Conflict where
        the store does not end at `first`.
        """

    def load(self, streams: dict[str, int]) -> dict[str, list[Entry]]:
        """The events of each stream after the given version."""

    def read(self, first: int, limit: int, *, sealed: bool = True) -> list[Entry]:
        """Events in log order from leaf `first` on; only sealed ones unless told otherwise."""

    def size(self) -> int:
        """How many events were appended."""

    def log_state(self) -> LogState | None:
        """The sealed log; None before its start."""

    def tile(self, level: int, index: int) -> bytes:
        """A hash tile as stored, empty where there is none."""

    def sealing(self) -> AbstractContextManager[LogTransaction]:
        """The log under the writers' lock."""

    def taken(self, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these (scope, id) were taken before."""

    def answer(self, token: str, key: str) -> IdempotentAnswer | None:
        """What an idempotency key was answered before."""

    def heard(self, alerts: Iterable[UUID]) -> dict[UUID, datetime]:
        """When these alerts were last heard of."""

    def token(self, digest: str) -> TokenRow | None:
        """The token of a digest, revoked or not."""

    def session(self, digest: str) -> Session | None:
        """The session of a cookie's digest, over or not; None for one that was ended."""

    def tokens(self, holder_kind: str) -> list[TokenRow]:
        """All tokens of a kind of holder, newest last."""

    def people(self) -> list[Person]:
        """Everybody the ledger has a name for."""

    def quarantine(
        self, *, state: str | None = None, before: Place | None = None, limit: int | None = None
    ) -> list[Quarantined]:
        """What was set aside, newest first: at most `limit` entries, behind the place `before`.

        One of a release before whose reasons take more than 1 MiB comes without them.
        """

    def quarantined(self, entry: str) -> Quarantined | None:
        """One entry, by its id."""

    def quarantine_held(self, source: str) -> QuarantineHeld:
        """What a source has in open entries."""

    def body(self, digest: str) -> Body | None:
        """A kept body."""

    def quarantine_count(self, state: str) -> int:
        """How many entries are in a state."""

    def position(self, follower: str) -> int:
        """The next leaf or offset that a follower has to read; 0 where it never read."""

    def positions(self, names: Iterable[str]) -> dict[str, int]:
        """The same of each of these, as they were at one time."""

    def month_members(self, incidents: Iterable[UUID]) -> dict[UUID, MonthMember]:
        """The members kept of these incidents."""

    def counted(self, month: str, system: str | None = None) -> list[MonthMember]:
        """The members that count for a month, of one system or of all, in order of detection."""

    def watched(self, kind: str, before: datetime, limit: int) -> list[Deadline]:
        """What is watched at or before a time, longest first."""

    def watched_at(self, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
        """The text of the time for which each of these is watched, as it is kept: RFC 3339 in UTC
        unless somebody else wrote it. Without those that are not watched.
        """

    def heard_after(self, at: datetime, limit: int) -> list[tuple[str, str]]:
        """Alerts that were last heard of after a time, as it is kept, and that text. Slow."""

    def probe(self) -> None:
        """Commits a durable write that means nothing: whether an append could be stored now."""

    def check(self) -> DatabaseCheck:
        """What the database's own check finds wrong with its tables; slow.

        It says nothing of what is well formed and was changed.
        """

    def listen(self, appended: Callable[[], None], sealed: Callable[[], None]) -> None:
        """Has these called soon after any process appended or sealed. It may miss; poll as well.

        They are called from a thread of the store's, together or for nothing at times, until it is
        closed: let them be quick, safe in any thread, and raise nothing.
        """

    def close(self) -> None:
        """Lets go of the store."""
