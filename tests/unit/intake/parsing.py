"""Bodies for parsers: one that arrived at noon, and CloudEvents as members of JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from consumers.intake.formats import cloudevents, native
from consumers.intake.parsed import Incoming, ParsedBody

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "a-1",
    "ce-source": "/pipelines/chat",
    "ce-type": "example.deploy.failed",
}


def incoming(
    body: bytes, headers: dict[str, str] | None = None, part_indexes: frozenset[int] | None = None
) -> Incoming:
    return Incoming(
        source="ci",
        body=body,
        digest="0" * 64,
        arrived_at=NOON,
        headers=headers or {},
        part_indexes=part_indexes,
    )


def event(**members: Any) -> dict[str, Any]:
    """An event; None leaves a member out."""
    whole = {
        "specversion": "1.0",
        "id": "a-1",
        "source": "/pipelines/chat",
        "type": "example.deploy.failed",
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def events(*members: Any, part_indexes: frozenset[int] | None = None) -> ParsedBody:
    """A batch."""
    return cloudevents.parse(incoming(json.dumps(members).encode(), BATCH, part_indexes))


def one(**members: Any) -> ParsedBody:
    """A structured event."""
    return cloudevents.parse(incoming(json.dumps(event(**members)).encode(), STRUCTURED))


def binary(body: bytes = b"", **headers: str) -> ParsedBody:
    """A binary event; `ce_subject` is the header ce-subject."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return cloudevents.parse(incoming(body, BINARY | more))


def signals(*members: Any, part_indexes: frozenset[int] | None = None) -> ParsedBody:
    """A list of native signals."""
    return native.parse(incoming(json.dumps(members).encode(), part_indexes=part_indexes))


def why(parsed: ParsedBody) -> str:
    """Why the one refused part was refused; nothing else was parsed."""
    [part] = parsed.refused
    assert ((), ()) == (parsed.signals, parsed.commands)
    return part.reason
