"""What people, programs, followers and the clock may ask of an improvement."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ledger.domain.command import (
    NAMES,
    VOCABULARY,
    WRITTEN,
    Command,
    FreeText,
    Line,
    Name,
    Names,
    Paragraphs,
    Person,
    Vocabulary,
    When,
)
from ledger.domain.improvement.events import ImprovementCause
from ledger.domain.improvement.updates import GivenUpdate, update_from_text
from ledger.domain.improvement.words import (
    CauseKind,
    CheckResult,
    Comparing,
    ImprovementKind,
)
from ledger.domain.text import Text

MOST_EVIDENCE = 50
"""So many pieces of evidence a command names at most."""
MOST_UPDATES = 50
"""So many updates a command names at most."""
LAST_LEAF = 2**53 - 1
"""No leaf is named beyond it: the largest integer that every JSON parser represents exactly."""
LONGEST_DAYS = 3650
"""So many days after it was done its effect is known at the latest."""

NamedIncident = Annotated[Line, Meta(extra={NAMES: "incident"})]
NamedEvidence = Annotated[
    list[Line],
    Meta(
        max_length=MOST_EVIDENCE,
        extra={NAMES: "evidence"},
        description="What shows it: EVD-<n> or ids.",
    ),
]
WrittenUpdate = Annotated[str, Meta(min_length=1, max_length=1_000)]


class ProposeImprovement(Command, frozen=True, kw_only=True):
    """Propose to improve something."""

    title: Line
    system: (
        Annotated[
            Name,
            Meta(pattern=r"\S", description="The system that it is for; absent, the organisation."),
        ]
        | None
    ) = None
    improvement_kind: Annotated[ImprovementKind, Meta(description="What it is for.")]
    cause: Annotated[CauseKind, Meta(description="Why it is proposed.")] = CauseKind.PERSON
    cause_ref: (
        Annotated[
            Line,
            Meta(
                extra={NAMES: Names.CAUSE},
                description="What caused it: its reference, its id, or a name.",
            ),
        ]
        | None
    ) = None
    cause_leaf: (
        Annotated[
            int, Meta(ge=0, le=LAST_LEAF, description="The leaf of the event that caused it.")
        ]
        | None
    ) = None
    action: Annotated[Line, Meta(description="What might be done.")] | None = None


class AcceptImprovement(Command, frozen=True, kw_only=True):
    """It will be done. Of the criteria at most one is named."""

    owner: Person
    due: Annotated[When, Meta(description="When it has to be done.")]
    success: Annotated[FreeText, Meta(description="By what its effect will be known.")] = ""
    no_recurrence: Annotated[
        bool,
        Meta(description="It has its effect where the same alerts open no incident any more."),
    ] = False
    incident: (
        Annotated[
            NamedIncident,
            Meta(description="The one that is not to happen again; absent, the cause."),
        ]
        | None
    ) = None
    success_metric: (
        Annotated[Name, Meta(description="It has its effect where this metric meets a target.")]
        | None
    ) = None
    comparison: (
        Annotated[Comparing, Meta(description="How the metric is compared with the target.")] | None
    ) = None
    target: Annotated[float, Meta(description="What the metric is to meet.")] | None = None
    unit: Annotated[Name, Meta(description="The unit of the target.")] | None = None
    success_evidence: (
        Annotated[
            Name,
            Meta(
                description="It has its effect where there is approved evidence of this kind.",
                extra={VOCABULARY: Vocabulary.EVIDENCE_KIND},
            ),
        ]
        | None
    ) = None
    within_days: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=LONGEST_DAYS,
                description="How many days after it was done its effect is to be known.",
            ),
        ]
        | None
    ) = None


class RejectImprovement(Command, frozen=True, kw_only=True):
    """It will not be done."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]


class RescheduleImprovement(Command, frozen=True, kw_only=True):
    """It will be done by another time."""

    due: Annotated[When, Meta(description="When it has to be done instead.")]
    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]


class RecordImprovementDone(Command, frozen=True, kw_only=True):
    """It was done."""

    what: Annotated[Paragraphs, Meta(description="What was done.")]
    evidence: NamedEvidence = msgspec.field(default_factory=list)
    release: (
        Annotated[
            Line,
            Meta(extra={NAMES: "release"}, description="The release that it came with."),
        ]
        | None
    ) = None


class CheckImprovement(Command, frozen=True, kw_only=True):
    """Say whether it had its effect; whoever did it does not."""

    result: Annotated[CheckResult, Meta(description="Whether it had its effect.")]
    basis: Annotated[Paragraphs, Meta(description="By what that is known.")]
    evidence: NamedEvidence = msgspec.field(default_factory=list)
    measurement: (
        Annotated[
            Line,
            Meta(extra={NAMES: "metric"}, description="The measurement that shows it: MSR-<n>."),
        ]
        | None
    ) = None


class ActOnImprovement(Command, frozen=True, kw_only=True):
    """Record what was updated by what was learnt."""

    updates: Annotated[
        list[GivenUpdate | WrittenUpdate],
        Meta(
            min_length=1,
            max_length=MOST_UPDATES,
            extra={WRITTEN: update_from_text},
            description="WHAT:REFERENCE, where WHAT is policy, documentation, training or "
            "playbook; of a policy, policy:REFERENCE@sha256:DIGEST of the one that was adopted.",
        ),
    ]


class ReopenImprovement(Command, frozen=True, kw_only=True):
    """It had no effect: do it again, in another way."""

    due: Annotated[When, Meta(description="When it has to be done.")]
    reason: Annotated[Paragraphs, Meta(description="What is done in another way.")]


class RecurImprovement(Command, frozen=True, kw_only=True):
    """What it was to prevent happened again."""

    incident: Annotated[NamedIncident, Meta(description="The incident as which it happened.")]


class CloseImprovement(Command, frozen=True, kw_only=True):
    """Nothing more is to be done; where it had no effect, for a reason."""

    reason: Annotated[FreeText, Meta(description="Why nothing more is done.")] = ""


class ProposeFromTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own: something called for it `at`; its stream is named by what that was.

    See the ids of improvements in `ledger.domain.identity`.
    """

    at: datetime
    title: Text
    system: str
    improvement_kind: ImprovementKind
    cause: ImprovementCause
    action: Text | None = None


class MarkImprovementOverdue(Command, frozen=True, kw_only=True):
    """The ledger's own: the time passed by which it was to be done."""

    due: datetime


class RecordRecurrence(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own: the group of an incident opened another one, while it was watched.

    `since` is when it was done that time.
    """

    incident: UUID
    since: datetime


ImprovementCommand = (
    ProposeImprovement
    | RejectImprovement
    | RescheduleImprovement
    | ReopenImprovement
    | RecurImprovement
    | CloseImprovement
    | ProposeFromTrigger
    | MarkImprovementOverdue
    | RecordRecurrence
)
"""Those that its own stream decides, whoever sends them."""
