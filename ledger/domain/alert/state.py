"""An alert's state, folded from its stream."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.domain.alert.events import (
    AlertChanged,
    AlertEvent,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    AlertStale,
    Sender,
)
from ledger.vocabulary import Severity, SourceKind


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert stands: its open episode, or the end of the last one.

    `labels` is the digest of the newest recorded labels of the episode, `severity` the worst that
    it had. `kind` is None for an episode of before the format was recorded.
    """

    firing: bool = False
    stale: bool = False
    source: str = ""
    kind: SourceKind | None = None
    labels: bytes = b""
    severity: Severity | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end_arrived_at: datetime | None = None
    end_sender: Sender | None = None
    last_arrived_at: datetime | None = None
    incident: UUID | None = None


def labels_digest(labels: Mapping[str, str]) -> bytes:
    """16 bytes that stand for a set of labels, so that many alerts can be held in memory."""
    return sha256(msgspec.json.encode(labels, order="deterministic")).digest()[:16]


def worst(one: Severity | None, other: Severity | None) -> Severity | None:
    """The worse of two severities, either of which may be missing."""
    return one if other is None or not other.worse_than(one) else other


def evolve(state: Alert, event: AlertEvent) -> Alert:
    """The state after an event; never refuses."""
    match event:
        case AlertFired():
            return Alert(
                firing=True,
                source=event.alert.source,
                kind=event.kind or None,
                labels=labels_digest(event.alert.labels),
                severity=event.alert.severity,
                started_at=event.at,
                last_arrived_at=event.arrived_at,
                incident=event.incident,
            )
        case AlertChanged():
            return replace(
                state,
                labels=labels_digest(event.alert.labels),
                severity=worst(state.severity, event.alert.severity),
                last_arrived_at=event.arrived_at,
                incident=event.incident,
            )
        case AlertResolved():
            return replace(
                state,
                firing=False,
                stale=False,
                ended_at=event.at,
                end_arrived_at=event.arrived_at,
                end_sender=event.sender,
                last_arrived_at=event.arrived_at,
            )
        case AlertStale():
            return replace(state, stale=True)
        case AlertHeard():
            return replace(
                state,
                stale=False,
                last_arrived_at=event.arrived_at,
                incident=event.incident,
            )
        case AlertLateRecorded():
            return state
        case _:
            assert_never(event)
