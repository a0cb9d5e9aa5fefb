"""Maps recorded events to the types of the store's port: the stored bytes are the envelope."""

from ledger.domain.codec import Codec
from ledger.domain.envelope import Recorded
from ledger.store.port import Entry, NewEvent


class EnvelopeMapper:
    """Maps events to bytes and back with a catalogue's codec."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def to_new_event(self, recorded: Recorded) -> NewEvent:
        """The event as `Store.append` takes it. Raises EventTooLarge, Invalid."""
        return NewEvent(
            recorded.stream, recorded.version, recorded.event.name, self._codec.encode(recorded)
        )

    def to_recorded(self, entry: Entry) -> Recorded:
        """The event of a stored entry. Raises UnknownEvent."""
        return self._codec.decode(entry.stored, entry.leaf)
