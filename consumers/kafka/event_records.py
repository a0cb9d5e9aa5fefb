"""airledger.events as read models read it: a record of Kafka is an event at a leaf."""

from typing import Any

import msgspec

from consumers.topics.topics import EVENTS
from ledger.errors import Fork
from ledger.store.port import Entry
from projections.engine import Record


class _Named(msgspec.Struct):
    type: str


_named = msgspec.json.Decoder(_Named)


def record_of(found: Any) -> Record:
    """The event of a record. Raises Fork for what no relay sent."""
    try:
        leaf = next(int(value) for name, value in found.headers if name == "leaf-index")
        value = bytes(found.value)
        # Its version is in the bytes; nobody who folds asks for it before they are decoded.
        entry = Entry(leaf, found.key.decode(), 0, _named.decode(value).type, value)
    except (StopIteration, ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        raise Fork(
            f"Offset {found.offset} of partition {found.partition} of {EVENTS} is no event of a "
            f"ledger: {error!r}.",
            remedy="Let none but the relay write there. Have it send all events to topics made "
            "anew; until then, views.feed=store.",
        ) from error
    return Record(found.partition, found.offset, entry)
