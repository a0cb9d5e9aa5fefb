"""What people, programs and triggers may ask of an improvement."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import Command, FreeText, Line, Name, Paragraphs, Person, When
from ledger.domain.improvement.events import ImprovementCause
from ledger.domain.improvement.words import CauseKind, ImprovementKind


class ProposeImprovement(Command, frozen=True, kw_only=True):
    """Propose to improve something."""

    title: Line
    system: Annotated[Name, Meta(pattern=r"\S", description="The system that it is for.")]
    improvement_kind: Annotated[ImprovementKind, Meta(description="What it is for.")]
    cause: Annotated[CauseKind, Meta(description="Why it is proposed.")] = CauseKind.PERSON
    cause_ref: (
        Annotated[Line, Meta(description="What caused it: its reference, its id, or a name.")]
        | None
    ) = None
    cause_leaf: (
        Annotated[int, Meta(ge=0, description="The leaf of the event that caused it.")] | None
    ) = None
    action: Annotated[Line, Meta(description="What might be done.")] | None = None


class AcceptImprovement(Command, frozen=True, kw_only=True):
    """It will be done."""

    owner: Person
    due: Annotated[When, Meta(description="When it has to be done.")]
    success: Annotated[FreeText, Meta(description="By what its effect will be known.")] = ""


class RejectImprovement(Command, frozen=True, kw_only=True):
    """It will not be done."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]


class ProposeFromTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger fired `at`; its stream is that of `ledger.domain.identity.improvement_id`."""

    at: datetime
    title: str
    system: str
    improvement_kind: ImprovementKind
    cause: ImprovementCause
    action: str | None = None


ImprovementCommand = ProposeImprovement | AcceptImprovement | RejectImprovement | ProposeFromTrigger
