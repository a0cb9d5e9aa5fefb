"""What a signal means for its alert alone; `domain.correlation` decides which incident it touches.

Measured on Alertmanager 0.25: restarts move startsAt forward and back, peers deliver late copies,
and an alert that Prometheus did not renew for a while is resolved, then fires again with the
startsAt it had.
"""

from datetime import datetime, timedelta
from enum import Enum, auto

from ledger.domain.alert.signal import Signal, SignalStatus
from ledger.domain.alert.state import Alert


class SignalClassification(Enum):
    """What a signal amounts to."""

    REPEAT = auto()
    """Nothing new."""
    FIRES = auto()
    """A new episode begins."""
    RESOLVES = auto()
    """The open episode ends."""
    RESOLVES_UNSEEN = auto()
    """An end without a beginning: recorded, opens nothing."""
    HEARD = auto()
    """A stale episode lives."""
    LATE = auto()
    """Retried after later signals were recorded."""


def classify_signal(
    signal: Signal, state: Alert, *, arrived_at: datetime, late_copy: timedelta, retried: bool
) -> SignalClassification:
    """What `signal` amounts to for an alert in `state`; total."""
    late = retried and state.last_arrived_at is not None and state.last_arrived_at > arrived_at
    if signal.status is SignalStatus.ACKNOWLEDGED:
        return (
            SignalClassification.HEARD if state.stale and not late else SignalClassification.REPEAT
        )
    if late:
        return SignalClassification.LATE
    if signal.status is SignalStatus.RESOLVED:
        if state.firing:
            earlier = _is_earlier_end(signal, state, arrived_at)
            return SignalClassification.REPEAT if earlier else SignalClassification.RESOLVES
        return (
            SignalClassification.REPEAT
            if state.ended_at is not None
            else SignalClassification.RESOLVES_UNSEEN
        )
    if state.firing:
        return SignalClassification.HEARD if state.stale else SignalClassification.REPEAT
    if _is_late_copy(signal, state, arrived_at, late_copy):
        return SignalClassification.REPEAT
    return SignalClassification.FIRES


def _is_late_copy(signal: Signal, state: Alert, arrived_at: datetime, late_copy: timedelta) -> bool:
    """A copy of what began the episode that ended: a peer's, or one that waited behind its end.

    A sender whose request to one intake process timed out, and which sent it to another, leaves a
    copy at the first. The clocks of the two may differ, so the time allowed is a peer's.
    """
    if state.end_arrived_at is None or _starts_after_end(signal, state):
        return False
    after_the_end = arrived_at - state.end_arrived_at
    if after_the_end < timedelta(0):
        return -after_the_end <= late_copy
    return signal.sender != state.end_sender and after_the_end <= late_copy


def _is_earlier_end(signal: Signal, state: Alert, arrived_at: datetime) -> bool:
    """Whether it was delayed behind the firing that is open now, and reports an earlier end."""
    return (
        signal.ends_at is not None
        and state.started_at is not None
        and signal.ends_at <= state.started_at
        and state.last_arrived_at is not None
        and arrived_at < state.last_arrived_at
    )


def _starts_after_end(signal: Signal, state: Alert) -> bool:
    return (
        signal.starts_at is not None
        and state.ended_at is not None
        and signal.starts_at > state.ended_at
    )


def start_of(signal: Signal, state: Alert, arrived_at: datetime) -> datetime:
    """When the new episode began: its startsAt, or its arrival where that is earlier.

    After an end that is not before its startsAt, the alert is news from its arrival on.
    """
    if state.ended_at is not None and not _starts_after_end(signal, state):
        return arrived_at
    return min(signal.starts_at or arrived_at, arrived_at)
