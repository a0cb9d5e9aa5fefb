"""Events to the library's StoredEvent and back: the stored bytes are the CloudEvents envelope."""

from typing import Any, cast

from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ledger.domain.codec import Codec
from ledger.domain.envelope import Recorded
from ledger.store.port import Entry


class EnvelopeMapper(Mapper[str]):
    """The library's mapper hook; the default one reads `vars()`, which a Struct does not have."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(JSONTranscoder())
        self._codec = codec

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Raises EventTooLarge."""
        recorded = cast("Recorded", domain_event)
        return StoredEvent(
            originator_id=recorded.stream,
            originator_version=recorded.version,
            topic=recorded.event.name,
            state=self._codec.encode(recorded),
        )

    def to_recorded(self, entry: Entry) -> Recorded:
        """The event of a stored entry. Raises UnknownEvent."""
        return self._codec.decode(entry.stored, entry.leaf)
