"""Quarantine keeps authenticated bodies that were not parsed, whole and with the reason.

A source has a quota of kept bytes, entries with their headers and reasons included; beyond it the
first 64 KiB, the digest and the reason are kept. Beyond twice the quota, or a number of open
entries, bodies are only counted: in one entry a day that says so.
The digest, which an event's `bodydigest` is or keys, is the SHA-256 of the body without its content
coding, and with a routing key masked. A body that could not be decoded is kept as it arrived. A
kept body is compared with its digest before anybody reads it.
"""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from consumers.intake.kafka_records import KIND
from consumers.intake.parsed import PARTS_LISTED, Incoming, ParsedBody
from consumers.intake.quarantine_headers import kept_headers
from ledger.errors import NotFound
from ledger.store.port import Store
from ledger.store.quarantine_records import BODY_ERASED
from ledger.store.side_ports import QuarantineHeld
from ledger.store.side_records import (
    CUT_BYTES,
    Body,
    Quarantined,
    QuarantinePart,
    SideWrite,
)

QUOTA_BYTES = 64 * 1024 * 1024
"""Of the open entries of a source, in bytes; a body that does not fit is cut."""
MOST_BYTES = 2 * QUOTA_BYTES
"""Of the open entries of a source with cut ones, in bytes; beyond it bodies are counted only."""
MOST_ENTRIES = 10_000
"""Open entries of a source; beyond it bodies are counted only."""
KEPT_BEYOND_QUOTA = CUT_BYTES
REASONS_KEPT = 100
ALTERED = "The kept body is not what arrived: its SHA-256 is not the entry's digest."
OVERFLOW = "overflow/"
"""The prefix of the identity of an entry that only counts; the day follows. No digest has it."""


def side_writes_for(
    store: Store, parsed: ParsedBody, incoming: Incoming, kind: str, entry: str
) -> tuple[SideWrite, ...]:
    """The side writes of a body: the body and its entry where it was refused or cut. Blocking."""
    size = len(incoming.body)
    whole = Body(digest=incoming.digest, content=incoming.body, size=size)
    shortened = any(signal.shortened for signal in parsed.signals)
    if not parsed.refused:
        return (whole,) if shortened else ()
    held = store.quarantine.held(incoming.source)
    content = incoming.body
    if held.size + size > QUOTA_BYTES:
        content = content[:KEPT_BEYOND_QUOTA]
    body = Body(digest=incoming.digest, content=content, size=size)
    parts = sorted_parts(parsed.refused)
    quarantined = Quarantined(
        id=entry,
        source=incoming.source,
        source_kind=kind,
        arrived_at=incoming.arrived_at,
        digest=incoming.digest,
        identity=_identity(incoming),
        parts=_listed(parts),
        parts_omitted=parsed.omitted + max(0, len(parts) - PARTS_LISTED),
        headers=kept_headers(incoming.headers, incoming.record),
        last_seen_at=incoming.arrived_at,
        size=size,
        truncated=len(content) < size,
    )
    if held.size < MOST_BYTES and held.entries < MOST_ENTRIES:
        return body, quarantined
    return (*((body,) if shortened else ()), _counted(quarantined, held))


def never_storable_writes(
    store: Store, parts: tuple[QuarantinePart, ...], incoming: Incoming, kind: str, entry: str
) -> tuple[SideWrite, ...]:
    """The side writes of a body some of whose signals can never be stored. Blocking.

    The entry is another than that for the parts of the same body that were not parsed.
    """
    writes = side_writes_for(store, ParsedBody(refused=parts), incoming, kind, entry)
    identity = hashlib.sha256(f"never stored {_identity(incoming)}".encode()).hexdigest()
    return tuple(
        replace(write, identity=identity)
        if isinstance(write, Quarantined) and not write.identity.startswith(OVERFLOW)
        else write
        for write in writes
    )


def _counted(quarantined: Quarantined, held: QuarantineHeld) -> Quarantined:
    """The entry that counts the bodies of a day beyond a source's number and size of entries.

    It describes the first such body of the day, of which nothing is kept.
    """
    reason = (
        f"The source has {held.entries} open entries of {held.size} bytes; bodies beyond "
        f"{MOST_ENTRIES} entries or {MOST_BYTES} bytes are counted here, and not kept. Close "
        f"entries to have them kept again. The first one: {quarantined.parts[0].reason}"
    )
    return replace(
        quarantined,
        identity=f"{OVERFLOW}{quarantined.arrived_at:%Y-%m-%d}",
        parts=(QuarantinePart(index=None, reason=reason),),
        parts_omitted=0,
        headers={},
        truncated=True,
    )


def _identity(incoming: Incoming) -> str:
    """The key of an entry for the same body: its bytes and the headers that it is parsed by."""
    event = {
        name: value
        for name, value in incoming.headers.items()
        if name.startswith("ce-") or name == KIND
    }
    if not event:
        return incoming.digest
    text = msgspec.json.encode([incoming.digest, sorted(event.items())])
    return hashlib.sha256(text).hexdigest()


def sorted_parts(refused: Sequence[QuarantinePart]) -> tuple[QuarantinePart, ...]:
    """The parts in the order of the body."""
    return tuple(sorted(refused, key=lambda part: -1 if part.index is None else part.index))


def _listed(parts: Sequence[QuarantinePart]) -> tuple[QuarantinePart, ...]:
    """The first parts; beyond the first reasons their places alone, which a retry needs."""
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
    """The kept bytes of an entry's body.

    `whole`: they are the bytes that arrived, by the digest. `altered`: they are not. Of a body
    that the quota cut neither is known, and both are false; as of an `erased` one. `digest` is the
    SHA-256 of what arrived, in hex.
    """

    content: bytes
    whole: bool
    altered: bool
    digest: str = ""
    erased: bool = False

    @property
    def warning(self) -> str:
        """The warning for readers of the body; empty where it is whole."""
        if self.erased:
            return BODY_ERASED
        if self.altered:
            return ALTERED
        if not self.whole:
            return f"Only the first {len(self.content)} bytes are kept; nothing proves them."
        return ""


def kept_body(store: Store, found: Quarantined) -> KeptBody:
    """The kept body of an entry, compared with the digest of what arrived. Blocking."""
    body = store.quarantine.body(found.digest)
    return compared(None if body is None else body.content, found)


def compared(content: bytes | None, found: Quarantined) -> KeptBody:
    """The kept bytes of an entry's body, compared with what arrived; None where none are kept."""
    if found.body_erased:
        return KeptBody(content=b"", whole=False, altered=False, digest=found.digest, erased=True)
    whole = content is not None and hashlib.sha256(content).hexdigest() == found.digest
    return KeptBody(
        content=content or b"",
        whole=whole,
        altered=not whole and not found.truncated,
        digest=found.digest,
    )


def body_for_download(store: Store, found: Quarantined) -> KeptBody:
    """The same, for a download. Raises NotFound where no bytes are kept. Blocking."""
    if found.body_erased:
        raise NotFound(
            f"The body of the entry {found.id} was erased.",
            remedy="Only its size and digest are left: see airledger quarantine show.",
        )
    if store.quarantine.body(found.digest) is None:
        raise NotFound(
            f"The body of the entry {found.id} is gone: the store keeps no bytes of "
            f"sha256:{found.digest}.",
            remedy="Put it back from a backup of the store, or let the source send it again.",
        )
    return kept_body(store, found)
