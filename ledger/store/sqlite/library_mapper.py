"""The port's events to the library's StoredEvent, which its recorder appends."""

from typing import Any, cast

from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ledger.store.port import NewEvent


class LibraryMapper(Mapper[str]):
    """The library's mapper hook.

    The library's own mapper builds the state from `vars()` of an event. Here the state is the
    envelope as it is, so that stored, sealed and sent bytes are the same.
    """

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """A `NewEvent` as the recorder takes it."""
        return StoredEvent(*cast("NewEvent", domain_event))
