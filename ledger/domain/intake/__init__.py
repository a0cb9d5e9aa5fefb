"""Intake as a whole: when no process took signals. One stream a ledger.

Each process that takes signals says so every few seconds. Time without that is a gap in what is
known of every source: the processes were stopped or killed, or could not write to the store.
"""

from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members

INTERRUPTED_AFTER = timedelta(seconds=30)
"""So long without a sign of any process is an interruption; a restart takes less."""


class IntakeInterrupted(Event, frozen=True, kw_only=True):
    """No process took signals from `since`, its last sign, to `until`, which is `at`."""

    name: ClassVar[str] = "intake.interrupted.v1"

    since: datetime
    until: datetime


IntakeEvent = IntakeInterrupted


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """When the last interruption ended."""

    resumed_at: datetime | None = None


def evolve(state: Intake, event: IntakeEvent) -> Intake:
    """The state after an event."""
    return Intake(resumed_at=event.until)


def find_interruption(last_sign_at: datetime, now: datetime) -> tuple[IntakeInterrupted, ...]:
    """The event of a gap that ends now; none where the last sign is recent, or ahead of the clock.

    A clock that was set back makes no gap.
    """
    if now - last_sign_at <= INTERRUPTED_AFTER:
        return ()
    return (IntakeInterrupted(at=now, since=last_sign_at, until=now),)


INTAKE = StreamType(
    kind="intake",
    initial=Intake(),
    evolve=evolve,
    events=members(IntakeEvent),
)
