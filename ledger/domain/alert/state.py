"""An alert's state, folded from its stream."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.domain.alert.events import (
    AlertEvent,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    AlertStale,
    Sender,
)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert stands: its open episode, or the end of the last one."""

    firing: bool = False
    stale: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end_arrived_at: datetime | None = None
    end_sender: Sender | None = None
    last_arrived_at: datetime | None = None
    incident: UUID | None = None


def evolve(state: Alert, event: AlertEvent) -> Alert:
    """The state after an event; never refuses."""
    match event:
        case AlertFired():
            return Alert(
                firing=True,
                started_at=event.at,
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
