"""What people may ask of a control, and what the ledger records of it by itself."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import (
    NAMES,
    VOCABULARY,
    Command,
    FreeText,
    Name,
    Vocabulary,
    When,
)
from ledger.domain.control.words import Effect

MOST_EVIDENCE = 40
"""So many pieces of evidence an assessment names at most."""

ControlName = Annotated[
    Name,
    Meta(
        description="Its id in the policy's controls.",
        extra={VOCABULARY: Vocabulary.CONTROL},
    ),
]
EvidenceRefs = Annotated[list[Name], Meta(max_length=MOST_EVIDENCE)]


class AssessControl(Command, frozen=True, kw_only=True):
    """Assess a control: whether it is right as designed, and whether it works."""

    control: ControlName
    design: Annotated[Effect, Meta(description="As it is designed.")]
    operating: Annotated[Effect, Meta(description="As it operates.")]
    system: (
        Annotated[
            Name,
            Meta(
                pattern=r"^\S(.*\S)?(?!\n)$",
                description="The system; absent, the organisation.",
            ),
        ]
        | None
    ) = None
    evidence: Annotated[
        EvidenceRefs,
        Meta(description="What it is backed by: EVD-<n> or ids.", extra={NAMES: "evidence"}),
    ] = msgspec.field(default_factory=list)
    until: Annotated[When, Meta(description="When it has to be assessed anew.")] | None = None
    notes: FreeText = ""


class CallForReassessment(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own: a standard changed `at`, by the event at a leaf.

    `assessments` is how often it had been assessed by then: a later one is by what is now the law.
    """

    control: str
    system: str | None
    standard: str
    by: datetime
    leaf: int
    at: datetime
    assessments: int


class RetireControl(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own: its system was retired `at`, and nobody assesses it any more."""

    at: datetime


class MarkReassessmentOverdue(Command, frozen=True, kw_only=True):
    """The ledger's own: nobody assessed it again in time."""


class MarkAssessmentExpired(Command, frozen=True, kw_only=True):
    """The ledger's own: the assessment held until then."""

    until: datetime


ControlCommand = (
    AssessControl
    | CallForReassessment
    | RetireControl
    | MarkReassessmentOverdue
    | MarkAssessmentExpired
)
