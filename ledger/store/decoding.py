"""What stored entries say."""

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.domain.catalogue import CODEC
from ledger.store.port import Entry


def events_in(entries: Iterable[Entry]) -> Iterator[Any]:
    """The events of entries, in their order. Raises UnknownEvent."""
    return (CODEC.decode(entry.stored, entry.leaf).event for entry in entries)
