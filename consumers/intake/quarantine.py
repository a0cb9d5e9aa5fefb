"""Quarantine: what was authenticated but not understood is kept whole, with the reason.

A source has a quota of kept bytes, entries with their headers and reasons included; beyond it the
first 64 KiB, the digest and the reason are kept. Beyond twice the quota, or a number of open
entries, bodies are only counted: in one entry a day that says so.
The digest, which events name as `bodydigest`, is the SHA-256 of the body without its content
coding, and with a routing key masked. A body that could not be decoded is kept as it arrived. A
kept body is compared with its digest before anybody reads it.
"""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from consumers.intake.kafka_records import KIND
from consumers.intake.keeping import kept_headers
from consumers.intake.parsed import PARTS_LISTED, Incoming, ParsedBody
from ledger.errors import NotFound
from ledger.store.port import Store
from ledger.store.side_ports import QuarantineHeld
from ledger.store.side_records import (
    CUT_BYTES,
    Body,
    Quarantined,
    QuarantinePart,
    SideWrite,
)

QUOTA_BYTES = 64 * 1024 * 1024
"""Of a source's open entries; a body that does not fit is cut."""
MOST_BYTES = 2 * QUOTA_BYTES
"""With what is cut; beyond it bodies are only counted."""
MOST_ENTRIES = 10_000
"""So many open entries a source has; nobody closes as many one by one."""
KEPT_BEYOND_QUOTA = CUT_BYTES
REASONS_KEPT = 100
ALTERED = "The kept body is not what arrived: its SHA-256 is not the entry's digest."
OVERFLOW = "overflow/"
"""How the identity of an entry begins that only counts; the day follows, no digest looks so."""


def side_writes_for(
    store: Store, understood: ParsedBody, incoming: Incoming, kind: str, entry: str
) -> tuple[SideWrite, ...]:
    """What to write beside a body's events: itself where it was refused or shortened. Blocking."""
    size = len(incoming.body)
    whole = Body(digest=incoming.digest, content=incoming.body, size=size)
    shortened = any(signal.shortened for signal in understood.signals)
    if not understood.refused:
        return (whole,) if shortened else ()
    held = store.quarantine.held(incoming.source)
    content = incoming.body
    if held.size + size > QUOTA_BYTES:
        content = content[:KEPT_BEYOND_QUOTA]
    body = Body(digest=incoming.digest, content=content, size=size)
    parts = in_order(understood.refused)
    aside = Quarantined(
        id=entry,
        source=incoming.source,
        source_kind=kind,
        arrived_at=incoming.arrived_at,
        digest=incoming.digest,
        identity=_identity(incoming),
        parts=_listed(parts),
        parts_omitted=understood.omitted + max(0, len(parts) - PARTS_LISTED),
        headers=kept_headers(incoming.headers, incoming.record),
        last_seen_at=incoming.arrived_at,
        size=size,
        truncated=len(content) < size,
    )
    if held.size < MOST_BYTES and held.entries < MOST_ENTRIES:
        return body, aside
    return (*((body,) if shortened else ()), _counted(aside, held))


def never_stored(
    store: Store, parts: tuple[QuarantinePart, ...], incoming: Incoming, kind: str, entry: str
) -> tuple[SideWrite, ...]:
    """What to write of a body of which some can never be stored. Blocking.

    It is an entry of its own, beside one for what of the same body was not understood.
    """
    notes = side_writes_for(store, ParsedBody(refused=parts), incoming, kind, entry)
    identity = hashlib.sha256(f"never stored {_identity(incoming)}".encode()).hexdigest()
    return tuple(
        replace(note, identity=identity)
        if isinstance(note, Quarantined) and not note.identity.startswith(OVERFLOW)
        else note
        for note in notes
    )


def _counted(aside: Quarantined, held: QuarantineHeld) -> Quarantined:
    """The entry that counts, once a day, what comes beyond a source's number and size of entries.

    It is about the first such body of the day, of which nothing is kept.
    """
    reason = (
        f"The source has {held.entries} open entries of {held.size} bytes; bodies beyond "
        f"{MOST_ENTRIES} entries or {MOST_BYTES} bytes are counted here, and not kept. Close "
        f"entries to have them kept again. The first one: {aside.parts[0].reason}"
    )
    return replace(
        aside,
        identity=f"{OVERFLOW}{aside.arrived_at:%Y-%m-%d}",
        parts=(QuarantinePart(index=None, reason=reason),),
        parts_omitted=0,
        headers={},
        truncated=True,
    )


def _identity(incoming: Incoming) -> str:
    """What makes the same body again: its bytes, and the headers that tell how they are read."""
    event = {
        name: value
        for name, value in incoming.headers.items()
        if name.startswith("ce-") or name == KIND
    }
    if not event:
        return incoming.digest
    text = msgspec.json.encode([incoming.digest, sorted(event.items())])
    return hashlib.sha256(text).hexdigest()


def in_order(refused: Sequence[QuarantinePart]) -> tuple[QuarantinePart, ...]:
    """The parts as they stand in the body."""
    return tuple(sorted(refused, key=lambda part: -1 if part.index is None else part.index))


def _listed(parts: Sequence[QuarantinePart]) -> tuple[QuarantinePart, ...]:
    """The first parts; beyond the first reasons only their places, which a retry needs."""
    more = (
        QuarantinePart(index=part.index, reason="As above.")
        for part in parts[REASONS_KEPT:PARTS_LISTED]
    )
    return (*parts[:REASONS_KEPT], *more)


def find(store: Store, entry: str) -> Quarantined:
    """An entry by its id. Raises NotFound. Blocking."""
    found = store.quarantine.entry(entry)
    if found is None:
        raise NotFound(
            f"There is no quarantine entry {entry!r}.", remedy="See airledger quarantine list."
        )
    return found


class KeptBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an entry's body. `warning` says what readers must know; empty for nothing.

    `altered` says that it is not what arrived. Of a body that the quota cut nobody can tell that.
    """

    content: bytes
    whole: bool
    altered: bool

    @property
    def warning(self) -> str:
        """For people: that the body is not what arrived, or not all of it."""
        if self.altered:
            return ALTERED
        if not self.whole:
            return f"Only the first {len(self.content)} bytes are kept; nothing proves them."
        return ""


def kept_body(store: Store, found: Quarantined) -> KeptBody:
    """The body that an entry is about, compared with the digest of what arrived. Blocking."""
    body = store.quarantine.body(found.digest)
    content = b"" if body is None else body.content
    if body is not None and hashlib.sha256(content).hexdigest() == found.digest:
        return KeptBody(content=content, whole=True, altered=False)
    return KeptBody(content=content, whole=False, altered=not found.truncated)


def body_to_give(store: Store, found: Quarantined) -> KeptBody:
    """The same, to be given out. Raises NotFound where none is kept. Blocking."""
    if store.quarantine.body(found.digest) is None:
        raise NotFound(
            f"The body of the entry {found.id} is gone: the store keeps no bytes of "
            f"sha256:{found.digest}.",
            remedy="Put it back from a backup of the store, or let the source send it again.",
        )
    return kept_body(store, found)
