"""Side records of bodies: what is kept of one, the entry that sets it aside, and their erasure."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A body from outside, by the SHA-256 of what arrived; `size` is of what arrived, in bytes."""

    digest: str
    content: bytes
    size: int


CUT_BYTES = 65_536
"""Bytes stored of a body that is not stored whole: one more than the largest event has."""

QuarantineState = Literal["open", "retried", "dismissed"]


class QuarantinePart(msgspec.Struct, frozen=True, kw_only=True):
    """One signal of a body that was not understood; `index` None means the body as a whole."""

    index: int | None
    reason: str


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A body set aside, with what was wrong with it. The same one again only counts up `seen`.

    The same means: from one source, with the same `identity`; that is its digest, unless headers
    carry a part of what it says. `parts_omitted` counts refused parts beyond those listed.
    """

    id: str
    source: str
    source_kind: str
    arrived_at: datetime
    digest: str
    identity: str = ""
    parts: tuple[QuarantinePart, ...]
    parts_omitted: int = 0
    headers: dict[str, str] = {}
    state: QuarantineState = "open"
    seen: int = 1
    last_seen_at: datetime
    size: int
    truncated: bool = False
    closed_by: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None

    @property
    def body_erased(self) -> bool:
        """Whether an erasure reached the body, and what the entry said of it."""
        return self.identity.startswith(ERASED_BODY)


ERASED_BODY = "erased/"
"""The prefix of the identity of an entry whose body was erased; its id follows.

No digest has it: the same body again makes an entry of its own.
"""
BODY_ERASED = "The body was erased."


def erased_entry(entry: Quarantined) -> Quarantined:
    """The entry without what it said of its body, but for source, times, size and digest."""
    return replace(
        entry,
        identity=f"{ERASED_BODY}{entry.id}",
        parts=(QuarantinePart(index=None, reason=BODY_ERASED),),
        parts_omitted=0,
        headers={},
    )


def kept_bytes(entry: Quarantined, encoded: bytes) -> int:
    """How many bytes an entry takes of its source's quota: its own ones and its body's."""
    if entry.body_erased:
        return len(encoded)
    return len(encoded) + (min(entry.size, CUT_BYTES) if entry.truncated else entry.size)


class QuarantineClosed(msgspec.Struct, frozen=True, kw_only=True):
    """An open entry was retried with success, or dismissed for a reason."""

    id: str
    state: QuarantineState
    closed_by: str
    closed_at: datetime
    close_reason: str


class BodiesErased(msgspec.Struct, frozen=True, kw_only=True):
    """The content of these bodies is erased, by digest, and what `entries` said of them.

    The entries are as they were before; their states and closings stay.
    """

    digests: tuple[str, ...]
    entries: tuple[Quarantined, ...] = ()
