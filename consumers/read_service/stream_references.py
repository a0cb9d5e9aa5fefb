"""The references of the streams that a view names. Blocking."""

import re
from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec

from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.streams import TimelineEntry
from ledger.domain.catalogue import KINDS
from ledger.domain.stream_type import StreamType

_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class NamedStream(msgspec.Struct, frozen=True, kw_only=True):
    """Another stream that a page leads to, by its id and its reference."""

    id: str
    reference: str


def stream_references(ledger: Ledger, streams: Iterable[str]) -> dict[str, str]:
    """The references of those streams that have one, by one query."""
    kinds = {each: KINDS.get(each.partition("/")[0]) for each in streams}
    prefixed = {each: kind for each, kind in kinds.items() if kind is not None and kind.prefix}
    loaded = ledger.store.load(dict.fromkeys(prefixed, 0))
    return {
        each: reference(loaded[each][0].leaf, of) for each, of in prefixed.items() if loaded[each]
    }


def reference_of(ledger: Ledger, stream: str) -> str:
    """The reference of a stream; its name where it has none."""
    return stream_references(ledger, [stream]).get(stream, stream)


def named_stream(ledger: Ledger, kind: StreamType, of: UUID | None) -> NamedStream | None:
    """A stream of a kind by its id; None where it has no event."""
    if of is None:
        return None
    stream = kind.stream(of)
    known = stream_references(ledger, [stream])
    return NamedStream(id=str(of), reference=known[stream]) if stream in known else None


def with_references(
    ledger: Ledger, entries: Iterable[TimelineEntry], *kinds: StreamType
) -> Callable[[str], str]:
    """Rewrites a text of a timeline: references in place of the ids of streams of these kinds."""
    ids = {found for each in entries for found in _ID.findall(f"{each.text} {each.fields}")}
    named = {kind.stream(UUID(of)): of for of in ids for kind in kinds}
    known = {named[stream]: ref for stream, ref in stream_references(ledger, named).items()}
    return lambda text: _ID.sub(lambda found: known.get(found[0], found[0]), text)
