"""Drills: exercises of the runbook. The kind of stream that the documentation adds as an example.

It is no part of the program: a test puts this file into `ledger/domain/drill/__init__.py` of a copy
of the sources, its read model beside the others, and one line into each registry.
"""

from datetime import datetime
from typing import Annotated, ClassVar, assert_never

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from ledger.domain.command import Command, FreeText, Line, Person, When
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.envelope import Event
from ledger.domain.incident.commands import IncidentRef
from ledger.domain.stream_type import CommandType, StreamType, members
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.times import in_utc
from ledger.vocabulary import Labelled


class Result(Labelled):
    """How a drill went."""

    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"


class DrillPlanned(Event, frozen=True, kw_only=True):
    """A drill is to be held until `due`; `lead` is an opaque person."""

    name: ClassVar[str] = "drill.planned.v1"

    title: str
    due: datetime
    lead: str
    incident: str | None = None


class DrillHeld(Event, frozen=True, kw_only=True):
    """It was held."""

    name: ClassVar[str] = "drill.held.v1"

    result: Result
    notes: str = ""


class DrillOverdue(Event, frozen=True, kw_only=True):
    """It was not held until its due time; recorded by the clock."""

    name: ClassVar[str] = "drill.overdue.v1"

    due: datetime


DrillEvent = DrillPlanned | DrillHeld | DrillOverdue


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A drill as it stands."""

    title: str = ""
    due: datetime | None = None
    lead: str | None = None
    result: Result | None = None
    overdue: bool = False


class Plan(Command, frozen=True, kw_only=True):
    """Plan a drill."""

    title: Line
    due: When
    lead: Person
    incident: IncidentRef | None = None


class Hold(Command, frozen=True, kw_only=True):
    """It was held."""

    result: Annotated[Result, Meta(description="How it went.")]
    notes: FreeText = ""
    at: When | None = None


class MarkOverdue(Command, frozen=True, kw_only=True):
    """The clock found it not held at its due time."""


def decide(
    command: Plan | Hold | MarkOverdue, state: Drill, policy: Policy, now: datetime
) -> tuple[DrillEvent, ...]:
    """The events that a command causes. Raises Refused."""
    match command:
        case Plan():
            if state.due is not None:
                return ()
            if command.due <= now:
                raise Refused(
                    "due_in_the_future",
                    f"A drill cannot be due at {command.due.isoformat()}: that is over.",
                    remedy="Give a later time.",
                )
            return (
                DrillPlanned(
                    at=now,
                    title=command.title,
                    due=in_utc(command.due),
                    lead=command.lead,
                    incident=command.incident,
                ),
            )
        case Hold():
            if state.result is not None:
                raise Refused(
                    "already_held", "The drill was held already.", remedy="Plan another one."
                )
            at = in_utc(command.at) if command.at else now
            return (DrillHeld(at=at, result=command.result, notes=command.notes),)
        case MarkOverdue():
            if state.due is None or state.result is not None or state.overdue or now < state.due:
                return ()
            return (DrillOverdue(at=state.due, due=state.due),)
        case _:
            assert_never(command)


def evolve(state: Drill, event: DrillEvent) -> Drill:
    """The state after an event."""
    match event:
        case DrillPlanned():
            return Drill(title=event.title, due=event.due, lead=event.lead)
        case DrillHeld():
            return replace(state, result=event.result)
        case DrillOverdue():
            return replace(state, overdue=True)
        case _:
            assert_never(event)


def describe(event: DrillEvent) -> str:
    """An event as a sentence."""
    match event:
        case DrillPlanned():
            return f"Planned: {event.title}"
        case DrillHeld():
            return f"Held: {event.result.label}"
        case DrillOverdue():
            return "Overdue"
        case _:
            assert_never(event)


DRILL = StreamType(
    kind="drill",
    initial=Drill(),
    evolve=evolve,
    events=members(DrillEvent),
    decide=decide,
    commands={
        "plan": CommandType(body=Plan, done="planned", opens=True),
        "hold": CommandType(body=Hold, done="held", arguments=("result",)),
    },
    label="drill",
    plural="drills",
    prefix="DRL",
    describe=describe,
)

DUE = DeadlineType(
    name="drill",
    kind="drill",
    label="drill",
    finds="overdue",
    sets={DrillPlanned: lambda event: event.due},
    ends=frozenset({DrillHeld}),
    commands=lambda state: (MarkOverdue(),),
    next_at=lambda state: None if state.overdue or state.result else state.due,
)
"""A drill is held until its due time."""
