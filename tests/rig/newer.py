"""What a newer program writes: events of types that this one does not know."""

import json
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from ledger.store.port import Store


def append_newer(store: Store, stream: str, name: str = "") -> int:
    """Appends an event of an invented type to a stream; returns its leaf.

    Its envelope is as good as any. The type is of the stream's kind unless it is given.
    """
    version = len(store.load({stream: 0})[stream]) + 1
    name = name or f"{stream.partition('/')[0]}.of_a_newer_program.v1"
    envelope = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "airledger",
        "type": name,
        "subject": stream,
        "time": "2026-03-01T12:00:00Z",
        "recordedtime": "2026-03-01T12:00:00Z",
        "sequence": f"{version:010d}",
        "actor": "airledger",
        "correlationid": "c",
        "datacontenttype": "application/json",
        "data": {"at": "2026-03-01T12:00:00Z"},
    }
    state = json.dumps(envelope, separators=(",", ":")).encode()
    [leaf] = store.append([StoredEvent(stream, version, name, state)])
    return leaf
