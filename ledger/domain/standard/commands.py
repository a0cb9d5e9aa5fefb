"""What people and programs may ask of a standard, and the mark that the clock sets.

Its version is the field `edition`: on the command line, --version tells that of the program.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import (
    VOCABULARY,
    Command,
    FreeText,
    Line,
    Name,
    Paragraphs,
    Url,
    Vocabulary,
    When,
)
from ledger.domain.standard.words import StandardKind

MOST_SYSTEMS = 1_000
"""So many systems a standard names at most; without any it is for all."""

StandardId = Annotated[
    Name,
    Meta(
        pattern=r"^(?=.*[a-z])(?!std-[0-9]+$)[a-z0-9][a-z0-9_-]{0,62}(?!\n)$",
        description="Its id, such as eu_ai_act: that of the policy's standards, or another one.",
        extra={VOCABULARY: Vocabulary.STANDARD},
    ),
]
InScope = Annotated[list[Name], Meta(max_length=MOST_SYSTEMS)]
Version = Annotated[Name, Meta(pattern=r"\S")]


class RegisterStandard(Command, frozen=True, kw_only=True):
    """Register a law or standard that systems are held to."""

    standard: StandardId
    title: Annotated[Line, Meta(description="Absent, that of the policy.")] | None = None
    standard_kind: Annotated[StandardKind, Meta(description="Absent, as in the policy.")] | None = (
        None
    )
    reference: (
        Annotated[Line, Meta(description="Where it is published. Absent, as in the policy.")] | None
    ) = None
    edition: Annotated[Version, Meta(description="Its version, such as 2024.")] | None = None
    in_force_from: Annotated[When, Meta(description="When it takes force.")] | None = None
    url: Url | None = None
    review_due: (
        Annotated[When, Meta(description="Until when somebody looks whether it changed.")] | None
    ) = None
    systems: Annotated[
        InScope, Meta(description="The systems in its scope; without any, all of them.")
    ] = msgspec.field(default_factory=list)


class AmendStandard(Command, frozen=True, kw_only=True):
    """Correct what is on record of it; what was recorded stays on record."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]
    title: Line | None = None
    standard_kind: StandardKind | None = None
    reference: Line | None = None
    edition: Annotated[Version, Meta(description="Its version.")] | None = None
    in_force_from: When | None = None
    url: Url | None = None
    review_due: (
        Annotated[When, Meta(description="Until when somebody looks whether it changed.")] | None
    ) = None
    systems: Annotated[InScope, Meta(description="All systems in its scope.")] | None = None


class ChangeStandard(Command, frozen=True, kw_only=True):
    """It says something else now: controls that are mapped to it are to be re-assessed."""

    edition: Annotated[Version, Meta(description="The new version.")]
    summary: Annotated[Paragraphs, Meta(description="What changed.")]
    in_force_from: Annotated[When, Meta(description="When the change takes force.")] | None = None
    reassess_by: Annotated[When, Meta(description="Absent, the policy's time from now.")] | None = (
        None
    )


class ReviewStandard(Command, frozen=True, kw_only=True):
    """Somebody looked whether it changed, and it did not."""

    notes: Annotated[FreeText, Meta(description="What was looked at.")] = ""
    review_due: Annotated[When, Meta(description="When somebody looks again.")] | None = None


class WithdrawStandard(Command, frozen=True, kw_only=True):
    """Nothing is held to it any more."""

    reason: Paragraphs


class MarkStandardReview(Command, frozen=True, kw_only=True):
    """The ledger's own: nobody looked until then whether it changed."""

    due: datetime


StandardCommand = (
    RegisterStandard
    | AmendStandard
    | ChangeStandard
    | ReviewStandard
    | WithdrawStandard
    | MarkStandardReview
)
