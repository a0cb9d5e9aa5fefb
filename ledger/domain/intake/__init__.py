"""Intake as a whole: when no process took signals, and when its quarantine grew. One stream.

Each process that takes signals says so every few seconds. Time without that is a gap in what is
known of every source: the processes were stopped or killed, or could not write to the store.
"""

from datetime import datetime, timedelta
from typing import ClassVar, assert_never

import msgspec
from msgspec.structs import replace

from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members

INTERRUPTED_AFTER = timedelta(seconds=30)
"""So long without a sign of any process is an interruption; a restart takes less."""


class IntakeInterrupted(Event, frozen=True, kw_only=True):
    """No process took signals from `since`, its last sign, to `until`, which is `at`."""

    name: ClassVar[str] = "intake.interrupted.v1"

    since: datetime
    until: datetime


class QuarantineGrown(Event, frozen=True, kw_only=True):
    """So many bodies wait in quarantine that the policy calls it grown, or twice as many as before.

    `open` counts those that nobody retried or dismissed; `oldest` is when the first of them came.
    """

    name: ClassVar[str] = "intake.quarantine_grown.v1"

    open: int
    oldest: datetime


class QuarantineReduced(Event, frozen=True, kw_only=True):
    """A quarantine that had grown has no more than half of what the policy calls so; `open`."""

    name: ClassVar[str] = "intake.quarantine_reduced.v1"

    open: int


IntakeEvent = IntakeInterrupted | QuarantineGrown | QuarantineReduced


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """When the last interruption ended; how many bodies a quarantine had when it last grew.

    `quarantine_open` is None while it is not grown.
    """

    resumed_at: datetime | None = None
    quarantine_open: int | None = None


def evolve(state: Intake, event: IntakeEvent) -> Intake:
    """The state after an event; never refuses."""
    match event:
        case IntakeInterrupted():
            return replace(state, resumed_at=event.until)
        case QuarantineGrown():
            return replace(state, quarantine_open=event.open)
        case QuarantineReduced():
            return replace(state, quarantine_open=None)
        case _:
            assert_never(event)


def find_interruption(last_sign_at: datetime, now: datetime) -> tuple[IntakeInterrupted, ...]:
    """The event of a gap that ends now; none where the last sign is recent, or ahead of the clock.

    A clock that was set back makes no gap.
    """
    if now - last_sign_at <= INTERRUPTED_AFTER:
        return ()
    return (IntakeInterrupted(at=now, since=last_sign_at, until=now),)


def find_growth(
    state: Intake, *, open_entries: int, oldest: datetime | None, grown_at: int, now: datetime
) -> tuple[QuarantineGrown | QuarantineReduced, ...]:
    """The event that the quarantine grew, or has no longer grown; nothing where that is on record.

    Between the half of `grown_at` and twice what it last had, nothing happens: bodies that come and
    go around one number make one event.
    """
    before = state.quarantine_open
    if before is not None and open_entries <= grown_at // 2:
        return (QuarantineReduced(at=now, open=open_entries),)
    least = grown_at if before is None else 2 * before
    if oldest is None or open_entries < least:
        return ()
    return (QuarantineGrown(at=now, open=open_entries, oldest=oldest),)


INTAKE = StreamType(
    kind="intake",
    initial=Intake(),
    evolve=evolve,
    events=members(IntakeEvent),
)
