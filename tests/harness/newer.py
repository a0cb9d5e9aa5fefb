"""What a newer program writes: events of types that this one does not know."""

import json
from uuid import uuid4

from ledger.domain.envelope import stream_id
from ledger.domain.identity import POLICY_ID
from ledger.policy import digest, shipped
from ledger.store.port import NewEvent, Store


def append_newer(store: Store, stream: str) -> int:
    """Appends an event of an invented type to a stream; returns its leaf."""
    kind = stream.partition("/")[0]
    return _append(store, stream, f"{kind}.of_a_newer_program.v1", {"at": "2026-03-01T12:00:00Z"})


def adopt_newer(store: Store) -> int:
    """Adopts a policy with a key that only a newer program knows; returns the event's leaf."""
    text = shipped().replace("[rca]", '[rca]\nof_a_newer_program = "PT1H"', 1)
    adopted = {
        "at": "2026-03-01T12:00:00Z",
        "digest": digest(text),
        "reason": "A new key.",
        "text": text,
    }
    return _append(store, stream_id("policy", POLICY_ID), "policy.adopted.v1", adopted)


def _append(store: Store, stream: str, name: str, data: dict[str, str]) -> int:
    """An event whose envelope is as good as any."""
    version = len(store.load({stream: 0})[stream]) + 1
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
        "data": data,
    }
    state = json.dumps(envelope, separators=(",", ":")).encode()
    [leaf] = store.append([NewEvent(stream, version, name, state)])
    return leaf
