"""Triggers as they fired: one stream for each trigger, system, metric and segment.

One that compares quarters has a stream for each quarter, in which it fires once. Source: runbook
section 6.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from ledger.domain.concern import Concern
from ledger.domain.identity import named, system_id
from ledger.domain.stream_type import StreamType, members
from ledger.domain.trigger.events import TriggerCleared, TriggerEvent, TriggerFired
from ledger.policy import Policy


class JudgeTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own command: what it was judged to be, as the event that says so."""

    event: TriggerEvent


class TriggerState(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands. `fired` is the last time that it fired, `over` whether that was cleared.

    `leaf` is that of the last event by which it fired or was cleared: it is judged up to there.
    """

    fired: TriggerFired | None = None
    over: bool = False
    leaf: int = -1

    @property
    def is_firing(self) -> bool:
        """Whether it fired, and was not cleared."""
        return self.fired is not None and not self.over


def trigger_id(
    trigger: str, system: str, metric: str, segment: Mapping[str, str], quarter: str | None = None
) -> UUID:
    """The stream of a trigger; `quarter` is there for one that compares quarters."""
    of = (trigger, str(system_id(system)), metric, sorted(segment.items()))
    return named("trigger", *of) if quarter is None else named("trigger", *of, quarter)


def decide(
    command: JudgeTrigger, state: TriggerState, policy: Policy, now: datetime
) -> tuple[TriggerEvent, ...]:
    """The event, where it changes anything; within a quarter a trigger fires once."""
    event = command.event
    if isinstance(event, TriggerFired):
        again = state.fired is not None and bool(event.quarter)
        return () if state.is_firing or again else (event,)
    return (event,) if state.is_firing else ()


def evolve(state: TriggerState, event: TriggerEvent) -> TriggerState:
    """The state after an event."""
    match event:
        case TriggerFired():
            return TriggerState(fired=event, leaf=event.leaf)
        case TriggerCleared():
            return TriggerState(fired=state.fired, over=True, leaf=event.leaf)
        case _:
            assert_never(event)


def describe(event: TriggerEvent) -> str:
    """The event as a sentence."""
    match event:
        case TriggerFired():
            return (
                f"Fired: {event.metric} {_compared(event)} is above {event.threshold:g}"
                f"{'' if event.unit == '1' else f' {event.unit}'}. {event.action}"
            )
        case TriggerCleared(basis="retracted"):
            return "Cleared: what it fired by was retracted"
        case TriggerCleared():
            value = f": {event.value:.6g}" if event.value != msgspec.UNSET else ""
            return f"Cleared{value}"
        case _:
            assert_never(event)


def _compared(event: TriggerFired) -> str:
    if not event.quarter:
        return f"at {event.value:.6g}"
    return (
        f"dropped by {event.value:.3g} % in {event.quarter} (from {event.baseline:.6g} to "
        f"{event.mean:.6g}), which"
    )


TRIGGER = StreamType(
    kind="trigger",
    initial=TriggerState(),
    evolve=evolve,
    events=members(TriggerEvent),
    decide=decide,
    label="trigger",
    plural="triggers",
    prefix="TRG",
    describe=describe,
    concerns=lambda state: Concern(frozenset({state.fired.system}) if state.fired else frozenset()),
)

__all__ = [
    "TRIGGER",
    "JudgeTrigger",
    "TriggerCleared",
    "TriggerEvent",
    "TriggerFired",
    "TriggerState",
    "trigger_id",
]
