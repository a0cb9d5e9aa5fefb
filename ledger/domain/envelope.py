"""The envelope: what is stored, sealed and sent is one CloudEvents 1.0 JSON object.

Field order is fixed, because the bytes are hashed (CloudEvents 1.0, JSON event format). At most
65,535 bytes: a log entry carries a 16-bit length (C2SP tlog-tiles).
"""

from datetime import datetime
from functools import lru_cache
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

MAX_EVENT_BYTES = 65_535


class Acting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """As what somebody acted: in a role, and as whose deputy; None for none that is asked for.

    `refusal` is the row of the policy's RACI that would have refused it, if that were enforced.
    """

    role: str | None = None
    holder: str | None = None
    refusal: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened. `at` is business time (UTC); it may lie in the past.

    `name` is the stored name, for ever: it is never a Python path.
    """

    name: ClassVar[str]

    at: datetime


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stored event as bytes see it; `data` stays raw until its type is known."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    recordedtime: datetime
    sequence: str
    actor: str
    correlationid: str
    causationid: str | UnsetType = UNSET
    policydigest: str | UnsetType = UNSET
    bodydigest: str | UnsetType = UNSET
    actingrole: str | UnsetType = UNSET
    actingfor: str | UnsetType = UNSET
    racirefusal: str | UnsetType = UNSET
    datacontenttype: str
    data: msgspec.Raw


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event with the circumstances of its recording.

    `stream` is "<kind>/<uuid>", `version` counts from 1 within it, `leaf` is the index in the
    transparency log (from 0). `actor` is an opaque id: "person/<uuid>", "source/<name>" or
    "airledger". `source` tells where it came from; `correlation` is shared by all events of one
    request, `causation` names the event that led to this one. `acting` is as what the actor acted.
    """

    event: Event
    stream: str
    version: int
    leaf: int
    id: str
    recorded_at: datetime
    actor: str
    source: str
    correlation: str
    causation: str | None = None
    policy_digest: str | None = None
    body_digest: str | None = None
    acting: Acting | None = None

    @property
    def kind(self) -> str:
        """The stream's kind: "incident", "alert", ..."""
        return kind_of(self.stream)


@lru_cache(8192)
def stream_id(kind: str, of: UUID) -> str:
    """The name of a stream, which is also the CloudEvents subject: "incident/<uuid>"."""
    return f"{kind}/{of}"


def kind_of(stream: str) -> str:
    """The kind in a stream's name."""
    return stream.partition("/")[0]


def id_of(stream: str) -> str:
    """The id in a stream's name."""
    return stream.partition("/")[2]


def uuid_of(stream: str) -> UUID:
    """The id in a stream's name, as a UUID. Raises ValueError for one that is none."""
    return UUID(id_of(stream))
