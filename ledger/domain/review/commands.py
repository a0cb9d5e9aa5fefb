"""What people, the review process and the clock may ask of a review."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ledger.domain.command import Command, Line, Paragraphs, Person, When

MOST_ACTIONS = 40
"""So many actions, each of 500 characters, fit an event."""

Actions = Annotated[list[Line], Meta(max_length=MOST_ACTIONS)]


class AssignReview(Command, frozen=True, kw_only=True):
    """An owner sees the review through."""

    owner: Person


class ConcludeReview(Command, frozen=True, kw_only=True):
    """The review is done: what was found, and what will be done."""

    findings: Annotated[Paragraphs, Meta(description="What the review found.")]
    actions: Annotated[Actions, Meta(description="What will be done.")] = msgspec.field(
        default_factory=list
    )
    at: When | None = None


class AmendReview(Command, frozen=True, kw_only=True):
    """Correct what was concluded; what was recorded stays on record."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]
    findings: Annotated[Paragraphs, Meta(description="The right findings.")] | None = None
    actions: Annotated[Actions, Meta(description="All the right actions.")] | None = None
    at: Annotated[When, Meta(description="When it was truly concluded.")] | None = None


class NoteReview(Command, frozen=True, kw_only=True):
    """A remark for those who read the record."""

    text: Paragraphs


class LaunchReview(msgspec.Struct, frozen=True, kw_only=True):
    """The log up to `leaf` leaves a system's month above the threshold in force there.

    `due` is when it has to be concluded by that policy; None where it names no time.
    """

    system: str
    month: str
    threshold: int
    zone: str
    action: str
    leaf: int
    incidents: tuple[UUID, ...]
    at: datetime
    due: datetime | None = None


class MarkReviewOverdue(Command, frozen=True, kw_only=True):
    """The clock found the review due at `due` not concluded then."""

    due: datetime


ReviewCommand = (
    LaunchReview | AssignReview | ConcludeReview | AmendReview | NoteReview | MarkReviewOverdue
)
