"""Reviews: one a system and month, launched by more incidents than the policy allows.

A review is assigned, concluded, and overdue where the policy names a time for that.
Source: runbook section 6, "Incident count > 3 per month: Launch RCA review".
"""

from uuid import UUID

from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.identity import review_id
from ledger.domain.review.commands import (
    AmendReview,
    AssignReview,
    ConcludeReview,
    LaunchReview,
    MarkReviewOverdue,
    NoteReview,
    ReviewCommand,
)
from ledger.domain.review.decide import decide
from ledger.domain.review.describing import describe
from ledger.domain.review.events import (
    ReviewAmended,
    ReviewAssigned,
    ReviewConcluded,
    ReviewEvent,
    ReviewLaunched,
    ReviewNoted,
    ReviewOverdue,
)
from ledger.domain.review.state import Review, evolve
from ledger.domain.stream_type import CommandType, StreamType, members
from ledger.vocabulary import MONTH


def _named(text: str) -> UUID | None:
    """The review that "<system>:<month>" names."""
    system, _, month = text.rpartition(":")
    return review_id(system, month) if system and MONTH.fullmatch(month) else None


REVIEW = StreamType(
    kind="review",
    initial=Review(),
    evolve=evolve,
    events=members(ReviewEvent),
    decide=decide,
    commands={
        "assign": CommandType(body=AssignReview, done="owner assigned", arguments=("owner",)),
        "conclude": CommandType(
            body=ConcludeReview,
            done="concluded",
            arguments=("findings",),
            compares=lambda _, state: (state.findings, state.actions),
        ),
        "amend": CommandType(
            body=AmendReview,
            done="conclusion corrected",
            compares=lambda _, state: (state.findings, state.actions),
            corrects=True,
        ),
        "note": CommandType(body=NoteReview, done="noted", arguments=("text",)),
    },
    label="review",
    plural="reviews",
    prefix="REV",
    describe=describe,
    named=_named,
    by_name="<system>:<month>",
    concerns=lambda state: Concern(frozenset({state.system})),
)


def _marks(state: Review) -> tuple[Command, ...]:
    return () if state.due is None else (MarkReviewOverdue(due=state.due),)


REVIEW_DUE = DeadlineType(
    name="review",
    kind="review",
    label="review",
    finds="overdue",
    sets={ReviewLaunched: lambda event: event.due or None},
    ends=frozenset({ReviewConcluded}),
    commands=_marks,
    next_at=lambda state: None if state.concluded_at or state.overdue_marked else state.due,
)
"""A review is concluded until its due time, where the policy named one."""

__all__ = [
    "REVIEW",
    "REVIEW_DUE",
    "AmendReview",
    "AssignReview",
    "ConcludeReview",
    "LaunchReview",
    "MarkReviewOverdue",
    "NoteReview",
    "Review",
    "ReviewAmended",
    "ReviewAssigned",
    "ReviewCommand",
    "ReviewConcluded",
    "ReviewEvent",
    "ReviewLaunched",
    "ReviewNoted",
    "ReviewOverdue",
    "decide",
    "describe",
    "evolve",
]
