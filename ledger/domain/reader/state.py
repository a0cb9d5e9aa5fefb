"""The states of readers and readings, folded from their streams."""

from datetime import datetime
from typing import assert_never

import msgspec

from ledger.domain.reader import events as e


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Since when a server cannot be asked; None while it can."""

    unreachable_since: datetime | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Whether anything was recorded of an interval beside its values, and of which system."""

    system: str = ""


def evolve_reader(state: Reader, event: e.ReaderEvent) -> Reader:
    """The state after an event."""
    match event:
        case e.ReaderUnreachable():
            return Reader(unreachable_since=event.at)
        case e.ReaderReached():
            return Reader()
        case _:
            assert_never(event)


def evolve_reading(state: Reading, event: e.ReadingEvent) -> Reading:
    """The state after an event."""
    match event:
        case e.ReadingHadNoData() | e.ReadingWarned():
            return Reading(system=event.system)
        case _:
            assert_never(event)
