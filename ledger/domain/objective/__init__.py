"""Objectives as they were judged: one stream for each objective, system and segment.

The policy says what they are; here is when one was breached, and when it recovered. What is
undecided is nowhere: it is asked for by the time that it is asked at. Source: runbook section 4.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from ledger.domain.concern import Concern
from ledger.domain.identity import named, system_id
from ledger.domain.objective.events import (
    ObjectiveBreached,
    ObjectiveEvent,
    ObjectiveRecovered,
)
from ledger.domain.stream_type import StreamType, members
from ledger.policy import Policy


class JudgeObjective(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own command: what it was judged to be, as the event that says so."""

    event: ObjectiveEvent


class ObjectiveState(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands. `breached` is the breach that goes on; None without one.

    `leaf` is that of the last event by which it was breached or met: it is judged up to there.
    """

    breached: ObjectiveBreached | None = None
    system: str = ""
    leaf: int = -1


def objective_id(objective: str, system: str, segment: Mapping[str, str]) -> UUID:
    """The stream of an objective of a system in a segment."""
    return named("objective", objective, str(system_id(system)), sorted(segment.items()))


def decide(
    command: JudgeObjective, state: ObjectiveState, policy: Policy, now: datetime
) -> tuple[ObjectiveEvent, ...]:
    """The event, where it changes anything: a breach is recorded once, and ends once."""
    begins = isinstance(command.event, ObjectiveBreached)
    return (command.event,) if begins == (state.breached is None) else ()


def evolve(state: ObjectiveState, event: ObjectiveEvent) -> ObjectiveState:
    """The state after an event."""
    match event:
        case ObjectiveBreached():
            return ObjectiveState(breached=event, system=event.system, leaf=event.leaf)
        case ObjectiveRecovered():
            return ObjectiveState(system=state.system, leaf=event.leaf)
        case _:
            assert_never(event)


def describe(event: ObjectiveEvent) -> str:
    """The event as a sentence."""
    match event:
        case ObjectiveBreached():
            rule = event.rule.replace("_", " ")
            return (
                f"Breached by {rule}: {event.value:.6g} against {event.limit:.6g}; {event.metric} "
                f"is to be {event.comparison} {event.target:g} {event.unit}"
            )
        case ObjectiveRecovered(basis="retracted"):
            return "Recovered: what showed the breach was retracted"
        case ObjectiveRecovered():
            value = f", at {event.value:.6g}" if event.value else ""
            return f"Recovered{value}"
        case _:
            assert_never(event)


OBJECTIVE = StreamType(
    kind="objective",
    initial=ObjectiveState(),
    evolve=evolve,
    events=members(ObjectiveEvent),
    decide=decide,
    label="objective",
    plural="breaches",
    prefix="OBJ",
    describe=describe,
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)

__all__ = [
    "OBJECTIVE",
    "JudgeObjective",
    "ObjectiveBreached",
    "ObjectiveEvent",
    "ObjectiveRecovered",
    "ObjectiveState",
    "objective_id",
]
