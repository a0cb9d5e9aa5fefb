"""How people name a stream: by its id, or by a reference with the leaf index of its first event.

A reference is read with or without its prefix: 6 is INC-6 where an incident is named.
"""

import re
from urllib.parse import quote
from uuid import UUID

from ledger.domain.envelope import kind_of, uuid_of
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.errors import NotFound
from ledger.store.decoding import state_of
from ledger.store.port import Store

_NUMBER = r"(0|[1-9][0-9]{0,17})"


def reference(leaf: int, kind: StreamType = INCIDENT) -> str:
    """The reference of the stream whose first event is at this leaf: "INC-7"."""
    return f"{kind.prefix}-{leaf}"


def is_reference(text: str, kind: StreamType = INCIDENT) -> bool:
    """Whether the text reads as a reference with its prefix, be there such a stream or not."""
    return _leaf(kind, text) is not None and not text.isdecimal()


def names_one(text: str, kind: StreamType) -> bool:
    """Whether the text can name nothing but a stream of that kind: a reference, or an id."""
    return is_reference(text, kind) or _id(kind, text) is not None


def in_path(kind: StreamType, ref: str) -> str:
    """An id, a reference or a name as one part of a path.

    A name that cannot stand there, for it has a slash or is dots alone, is told by its id.
    """
    named = kind.named(ref) if "/" in ref or ref in {".", ".."} else None
    return quote(ref if named is None else str(named), safe="")


def stream_named(
    store: Store,
    kind: StreamType,
    ref: str,
    *,
    reporter: str | None = None,
    may_be_new: bool = False,
) -> UUID:
    """The id behind an id or reference, or behind the key under which `reporter`, a token, opened
    the stream: that comes first, and a number alone is its key. With `may_be_new`, the name of a
    stream without events is one, too. Raises NotFound. Blocking."""
    if may_be_new and (new := kind.named(ref)) is not None:
        try:
            return stream_named(store, kind, ref, reporter=reporter)
        except NotFound:
            return new
    if reporter is None:
        return _named(store, kind, ref)
    opened = kind.opened_under(reporter, ref)
    if _exists(store, kind, opened):
        return opened
    try:
        if ref.isdecimal():
            raise _unknown(kind, ref)
        return _named(store, kind, ref)
    except NotFound:
        raise NotFound(
            f"There is no {kind.label} {ref!r}, and {reporter} reported none under that key.",
            remedy=f"Name one by its id, its reference ({kind.prefix}-<number>) or the key of its "
            "report.",
        ) from None


def incident_id(store: Store, ref: str, *, reporter: str | None = None) -> UUID:
    """The id of an incident; see `stream_named`."""
    return stream_named(store, INCIDENT, ref, reporter=reporter)


def _named(store: Store, kind: StreamType, ref: str) -> UUID:
    if (leaf := _leaf(kind, ref)) is not None:
        for entry in store.read(leaf, 1, sealed=False):
            if (entry.leaf, entry.version, kind_of(entry.stream)) == (leaf, 1, kind.kind):
                return uuid_of(entry.stream)
        raise _unknown(kind, ref)
    for found in (_id(kind, ref), kind.named(ref)):
        if found is not None and _exists(store, kind, found):
            return found
    if (other := _by_other_name(store, kind, ref)) is not None:
        return other
    raise _unknown(kind, ref)


def _by_other_name(store: Store, kind: StreamType, ref: str) -> UUID | None:
    """The stream that has a name which was given to it later."""
    if kind.other_names is None:
        return None
    stream, find = kind.other_names
    return find(state_of(store, stream), ref)


def _leaf(kind: StreamType, text: str) -> int | None:
    if not kind.prefix:
        return None
    found = re.fullmatch(rf"(?:{kind.prefix}-)?{_NUMBER}", text, re.IGNORECASE)
    return int(found[1]) if found else None


def _id(kind: StreamType, text: str) -> UUID | None:
    try:
        return UUID(text.removeprefix(f"{kind.kind}/"))
    except ValueError:
        return None


def _exists(store: Store, kind: StreamType, of: UUID) -> bool:
    stream = kind.stream(of)
    return bool(store.load({stream: 0})[stream])


def _unknown(kind: StreamType, ref: str) -> NotFound:
    how = f"its id or its reference ({kind.prefix}-<number>)" if kind.prefix else "its id"
    how = f"{kind.by_name}, {how}" if kind.by_name else how
    return NotFound(
        f"There is no {kind.label} {ref!r}.",
        remedy=f"Name one by {how}; see airledger {kind.plural}.",
    )
