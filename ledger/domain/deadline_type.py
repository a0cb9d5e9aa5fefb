"""What the clock monitors: which events set a deadline of a stream, which end it, what is due."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ledger.domain.command import Command
from ledger.domain.envelope import Event
from ledger.policy import Policy

Sets = Callable[[Any], datetime | None]
"""The time at which to check, by the event that sets it; None where this one sets none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineType:
    """A deadline that streams of a kind may have; at most one of a name at a time.

    `name` is its key in the store, for ever. `label` and `finds` are words of a sentence: what has
    the deadline, and what it is found to be when that passes. `sets` are the events that set it,
    `ends` those after which there is nothing to check. At its time, `commands` are decided one
    after the other by the state as it then is, and `next_at` gives when to check again; both take
    the state. One without `commands` has a check of its own in `ledger.execute.deadlines`. With
    `grace`, it is checked so much later than its time as the policy in force says, and at once
    where that policy changes. Without `by_clock` the clock only stores it: another loop acts on it.
    """

    name: str
    kind: str
    label: str
    finds: str
    sets: Mapping[type[Event], Sets]
    ends: frozenset[type[Event]]
    commands: Callable[[Any], tuple[Command, ...]] | None = None
    next_at: Callable[[Any], datetime | None] = lambda _: None
    grace: Callable[[Policy], timedelta] | None = None
    by_clock: bool = True
