"""Alerts: one stream per source and deduplication key; an episode runs from firing to resolved."""

from ledger.domain.alert.dropping import without_labels
from ledger.domain.alert.episodes import descriptions_in
from ledger.domain.alert.events import (
    AlertChanged,
    AlertDetails,
    AlertEvent,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    AlertStale,
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
    label="alert",
    plural="alerts",
)

__all__ = [
    "ALERT",
    "Alert",
    "AlertChanged",
    "AlertDetails",
    "AlertEvent",
    "AlertFired",
    "AlertHeard",
    "AlertLateRecorded",
    "AlertResolved",
    "AlertStale",
    "Sender",
    "Signal",
    "SignalStatus",
    "descriptions_in",
    "evolve",
    "without_labels",
]
