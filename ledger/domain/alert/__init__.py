"""Alerts: one stream per source and deduplication key; an episode runs from firing to resolved."""

from ledger.domain.alert.events import (
    AlertChanged,
    AlertEvent,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    AlertStale,
    Described,
    Sender,
)
from ledger.domain.alert.signal import Signal, SignalStatus
from ledger.domain.alert.state import Alert, evolve
from ledger.domain.stream_type import StreamType, members

ALERT = StreamType(
    kind="alert",
    initial=Alert(),
    evolve=evolve,
    events=members(AlertEvent),
)

__all__ = [
    "ALERT",
    "Alert",
    "AlertChanged",
    "AlertEvent",
    "AlertFired",
    "AlertHeard",
    "AlertLateRecorded",
    "AlertResolved",
    "AlertStale",
    "Described",
    "Sender",
    "Signal",
    "SignalStatus",
    "evolve",
]
