"""What stored entries say."""

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.envelope import kind_of
from ledger.store.port import Entry, Store


def events_in(entries: Iterable[Entry]) -> Iterator[Any]:
    """The events of entries, in their order. Raises UnknownEvent."""
    return (CODEC.decode(entry.stored, entry.leaf).event for entry in entries)


def state_after(stream: str, entries: Iterable[Entry], *, before: int | None = None) -> Any:
    """The state of a stream after its entries, or after those before a leaf.

    It is the initial one where there are none. Raises UnknownEvent.
    """
    counted = (entry for entry in entries if before is None or entry.leaf < before)
    return KINDS[kind_of(stream)].folded(events_in(counted))


def state_of(store: Store, stream: str, *, before: int | None = None) -> Any:
    """The state of a stream as it is, or as it was before a leaf. Raises UnknownEvent. Blocking."""
    return state_after(stream, store.load({stream: 0})[stream], before=before)
