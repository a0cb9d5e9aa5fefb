"""What people and programs may ask of a risk, and the marks that the clock sets."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from ledger.domain.command import (
    NAMES,
    VOCABULARY,
    Command,
    FreeText,
    Line,
    Name,
    Paragraphs,
    Person,
    Vocabulary,
    When,
)
from ledger.domain.risk.words import RiskLevel, Treatment

MOST_LINKED = 500
"""So many incidents, improvements, controls and systems are linked with a risk at most."""

SystemOfRisk = Annotated[
    Name,
    Meta(
        pattern=r"^\S(.*\S)?\Z", description="The system that it is of; absent, the organisation."
    ),
]
OtherSystem = Annotated[Name, Meta(pattern=r"^\S(.*\S)?\Z", description="The system.")]
RiskCategory = Annotated[
    Name,
    Meta(
        description="What harm it is of, as the policy names it.",
        extra={VOCABULARY: Vocabulary.RISK_CATEGORY},
    ),
]
Likelihood = Annotated[
    Name,
    Meta(
        description="How likely it is, as the policy's matrix names it.",
        extra={VOCABULARY: Vocabulary.LIKELIHOOD},
    ),
]
Impact = Annotated[
    Name,
    Meta(
        description="How bad it would be, as the policy's matrix names it.",
        extra={VOCABULARY: Vocabulary.IMPACT},
    ),
]
AcceptingRole = Annotated[
    Name,
    Meta(
        description="The role that it is accepted in; it has to be held.",
        extra={VOCABULARY: Vocabulary.ROLE},
    ),
]
ControlOfPolicy = Annotated[
    Name,
    Meta(
        description="The control, as the policy's catalogue names it.",
        extra={VOCABULARY: Vocabulary.CONTROL},
    ),
]
NamedIncident = Annotated[
    Name, Meta(extra={NAMES: "incident"}, description="The incident: INC-<n> or its id.")
]
NamedImprovement = Annotated[
    Name, Meta(extra={NAMES: "improvement"}, description="The improvement: IMP-<n> or its id.")
]


class IdentifyRisk(Command, frozen=True, kw_only=True):
    """Put a risk on the register."""

    title: Line
    category: RiskCategory
    owner: Person
    system: SystemOfRisk | None = None
    causes: Annotated[FreeText, Meta(description="What may bring it about.")] = ""
    consequences: Annotated[FreeText, Meta(description="What would come of it.")] = ""
    review_due: (
        Annotated[When, Meta(description="When it has to be reviewed; absent, by the policy.")]
        | None
    ) = None


class AmendRisk(Command, frozen=True, kw_only=True):
    """Correct what is on record of it; what was recorded stays on record."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]
    title: Line | None = None
    category: RiskCategory | None = None
    owner: Person | None = None
    causes: Annotated[FreeText, Meta(description="What may bring it about.")] | None = None
    consequences: Annotated[FreeText, Meta(description="What would come of it.")] | None = None


class AssessRisk(Command, frozen=True, kw_only=True):
    """Assess how likely it is, and how bad it would be."""

    level: Annotated[
        RiskLevel, Meta(description="Without controls, with those that there are, or as planned.")
    ]
    likelihood: Likelihood
    impact: Impact
    rationale: Annotated[Paragraphs, Meta(description="Why.")]


class TreatRisk(Command, frozen=True, kw_only=True):
    """Choose what is done about it. To choose accept is to ask for an acceptance."""

    treatment: Treatment
    plan: Annotated[Paragraphs, Meta(description="What is done; to accept it: why.")]
    due: (
        Annotated[When, Meta(description="When it has to be done; to accept it: until when.")]
        | None
    ) = None


class CompleteTreatment(Command, frozen=True, kw_only=True):
    """The treatment is done; assess what is left."""

    what: Annotated[Paragraphs, Meta(description="What was done.")]


class RequestAcceptance(Command, frozen=True, kw_only=True):
    """Ask that the risk be accepted as it is assessed now, by somebody else."""

    reason: Annotated[Paragraphs, Meta(description="Why it should be accepted.")]
    until: Annotated[When, Meta(description="Until when.")] | None = None


class AcceptRisk(Command, frozen=True, kw_only=True):
    """Accept the risk as it is assessed now."""

    reason: Annotated[Paragraphs, Meta(description="Why it is accepted.")]
    until: (
        Annotated[
            When, Meta(description="Until when; absent, as was asked, or as long as is allowed.")
        ]
        | None
    ) = None
    role: AcceptingRole | None = None


class WithdrawAcceptance(Command, frozen=True, kw_only=True):
    """Withdraw an acceptance, or what was asked for."""

    reason: Annotated[Paragraphs, Meta(description="Why.")]


class LinkIncident(Command, frozen=True, kw_only=True):
    """Link an incident that is behind it."""

    incident: NamedIncident


class LinkImprovement(Command, frozen=True, kw_only=True):
    """Link an improvement that is about it."""

    improvement: NamedImprovement


class LinkControl(Command, frozen=True, kw_only=True):
    """Link a control that makes it less."""

    control: ControlOfPolicy
    system: OtherSystem | None = None


class LinkSystem(Command, frozen=True, kw_only=True):
    """Link another system that it concerns."""

    system: OtherSystem


class UnlinkRisk(Command, frozen=True, kw_only=True):
    """Remove a link: name one incident, improvement, control (with its system) or system."""

    reason: Annotated[Paragraphs, Meta(description="Why.")]
    incident: NamedIncident | None = None
    improvement: NamedImprovement | None = None
    control: ControlOfPolicy | None = None
    system: OtherSystem | None = None


class ReviewRisk(Command, frozen=True, kw_only=True):
    """Record that what is on record was reviewed."""

    notes: Annotated[FreeText, Meta(description="What was found.")] = ""
    next_due: (
        Annotated[When, Meta(description="When the next is due; absent, by the policy.")] | None
    ) = None


class CloseRisk(Command, frozen=True, kw_only=True):
    """Close it: it is a risk no more."""

    reason: Annotated[Paragraphs, Meta(description="Why.")]


class ReopenRisk(Command, frozen=True, kw_only=True):
    """Reopen it: it is a risk again."""

    reason: Annotated[Paragraphs, Meta(description="Why.")]


class MarkTreatmentOverdue(Command, frozen=True, kw_only=True):
    """The ledger's own: the time passed until which the treatment was to be done."""

    due: datetime


class MarkAcceptanceExpired(Command, frozen=True, kw_only=True):
    """The ledger's own: the time passed until which it was accepted."""

    until: datetime


class MarkRiskReviewOverdue(Command, frozen=True, kw_only=True):
    """The ledger's own: the time passed until which it was to be reviewed."""

    due: datetime


Linking = LinkControl | LinkSystem | UnlinkRisk
Accepting = RequestAcceptance | AcceptRisk | WithdrawAcceptance
Marking = MarkTreatmentOverdue | MarkAcceptanceExpired | MarkRiskReviewOverdue
RiskCommand = (
    IdentifyRisk
    | AmendRisk
    | AssessRisk
    | TreatRisk
    | CompleteTreatment
    | Accepting
    | Linking
    | ReviewRisk
    | CloseRisk
    | ReopenRisk
    | Marking
)
"""Those that its own stream decides; incidents and improvements are linked over two."""
