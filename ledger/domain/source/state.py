"""A source's state, folded from its stream."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.domain.alert.events import Sender
from ledger.domain.identity import cut_group_id
from ledger.domain.source.events import (
    AlertsTruncated,
    LeftOutEnded,
    SilenceEnded,
    SourceEvent,
    SourceHeard,
    SourceSilent,
)


def group_of(source: str, sender: Sender) -> UUID:
    """The id of the group of alerts that a body is about."""
    return cut_group_id(source, sender.receiver, sender.group_key)


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A group of which alerts are left out `since` then; `last_at` is the newest such event."""

    sender: Sender
    since: datetime
    last_at: datetime


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a source: how many alerts it left out, and since when it is silent.

    `left_out` has the groups of which alerts are left out now, by their ids.
    """

    missing: int = 0
    silent_since: datetime | None = None
    left_out: Mapping[UUID, LeftOut] = {}


def evolve(state: Source, event: SourceEvent) -> Source:
    """The state after an event; never refuses."""
    match event:
        case AlertsTruncated():
            missing = state.missing + event.missing
            return replace(state, missing=missing, left_out=_with(state, event))
        case LeftOutEnded():
            ended = group_of(event.source, event.sender)
            left = {group: each for group, each in state.left_out.items() if group != ended}
            return replace(state, left_out=left)
        case SourceSilent():
            return replace(state, silent_since=event.since)
        case SourceHeard() | SilenceEnded():
            return replace(state, silent_since=None)
        case _:
            assert_never(event)


def _with(state: Source, event: AlertsTruncated) -> Mapping[UUID, LeftOut]:
    """An event without `since` says nothing of when that ends: it begins no gap."""
    if not event.since:
        return state.left_out
    left_out = LeftOut(sender=event.sender, since=event.since, last_at=event.at)
    return {**state.left_out, group_of(event.source, event.sender): left_out}
