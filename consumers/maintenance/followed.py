"""What a follower keeps of a log's events, compared with those that it had read by then."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from ledger.errors import LedgerError, UnknownEvent
from ledger.store.port import Entry, Store

MOST_NAMED = 20
"""The most subjects that are named."""
T = TypeVar("T")


class Followed(ABC, Generic[T]):
    """Follows a log's events, and compares those before the position of a follower.

    `T` is what an event says is to be kept.
    """

    def __init__(self, store: Store, follower: str) -> None:
        self.store = store
        self._missing: dict[UUID, None] = {}
        self._failed: LedgerError | None = None
        self._processed = 0
        try:
            self._processed = store.followers.position(follower)
        except LedgerError as error:
            self._failed = error

    @abstractmethod
    def recorded_in(self, entry: Entry) -> Collection[T]:
        """What an event says is to be kept. Raises UnknownEvent, ValueError."""

    @abstractmethod
    def missing(self, recorded: Collection[T]) -> Collection[UUID]:
        """The subjects of which this is not kept. Raises LedgerError."""

    @abstractmethod
    def fault(self, subject: UUID) -> str:
        """What it means that it is not kept, as a sentence."""

    @property
    @abstractmethod
    def more(self) -> str:
        """That it is not kept of more subjects than are named, as a sentence."""

    def follow(self, entries: Sequence[Entry]) -> None:
        """Events in log order. Those that do not decode are the log's audit's to name."""
        if self._failed is not None or len(self._missing) > MOST_NAMED:
            return
        recorded = [each for entry in entries for each in self._recorded(entry)]
        if not recorded:
            return
        try:
            self._missing |= dict.fromkeys(self.missing(recorded))
        except LedgerError as error:
            self._failed = error

    def _recorded(self, entry: Entry) -> Collection[T]:
        if entry.leaf >= self._processed:
            return ()
        try:
            return self.recorded_in(entry)
        except (UnknownEvent, ValueError):
            return ()

    def faults(self) -> Iterator[str]:
        """Subjects of which something is not kept, in sentences. Raises LedgerError."""
        if self._failed is not None:
            raise self._failed
        for subject in sorted(self._missing)[:MOST_NAMED]:
            yield self.fault(subject)
        if len(self._missing) > MOST_NAMED:
            yield self.more
