"""A source's state, folded from its stream."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ledger.domain.source.events import AlertsTruncated, SourceEvent, SourceHeard, SourceSilent


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a source: how many alerts it left out, and since when it is silent."""

    missing: int = 0
    silent_since: datetime | None = None


def evolve(state: Source, event: SourceEvent) -> Source:
    """The state after an event; never refuses."""
    match event:
        case AlertsTruncated():
            return replace(state, missing=state.missing + event.missing)
        case SourceSilent():
            return replace(state, silent_since=event.since)
        case SourceHeard():
            return replace(state, silent_since=None)
        case _:
            assert_never(event)
