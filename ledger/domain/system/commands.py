"""What people and programs may ask of an AI system."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import NAMES, Command, FreeText, Line, Name, Paragraphs, When
from ledger.domain.system.words import ActorRole, Cause, Deployment, ModelKind, Phase, RiskClass

MOST_LISTED = 40
"""So many words a list of a system has at most."""

SystemName = Annotated[
    Name,
    Meta(pattern=r"^\S(.*\S)?(?!\n)$", description="The name that its alerts and incidents carry."),
]
Words = Annotated[list[Name], Meta(max_length=MOST_LISTED)]
EvidenceRefs = Annotated[list[Name], Meta(max_length=MOST_LISTED)]
OF_EVIDENCE = {NAMES: "evidence"}
Deployments = Annotated[list[Deployment], Meta(max_length=MOST_LISTED)]
ModelKinds = Annotated[list[ModelKind], Meta(max_length=MOST_LISTED)]


class RegisterSystem(Command, frozen=True, kw_only=True):
    """Register an AI system: one intended purpose."""

    system: SystemName
    title: Line
    intended_purpose: Annotated[Paragraphs, Meta(description="What it is for, and for whom.")]
    business_objective: Annotated[FreeText, Meta(description="What the business wants of it.")] = ""
    kpis: Annotated[Words, Meta(description="The metrics of its success.")] = msgspec.field(
        default_factory=list
    )
    deployments: Deployments = msgspec.field(default_factory=list)
    model_kinds: ModelKinds = msgspec.field(default_factory=list)
    actor_role: ActorRole | None = None
    jurisdictions: Annotated[Words, Meta(description="Where it is used.")] = msgspec.field(
        default_factory=list
    )
    personal_data: Annotated[bool, Meta(description="Whether it handles personal data.")] | None = (
        None
    )


class AmendSystem(Command, frozen=True, kw_only=True):
    """Correct what is on record of it; what was recorded stays on record."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]
    title: Line | None = None
    intended_purpose: Annotated[Paragraphs, Meta(description="What it is for.")] | None = None
    business_objective: Annotated[FreeText, Meta(description="What is wanted of it.")] | None = None
    kpis: Annotated[Words, Meta(description="All of its metrics.")] | None = None
    deployments: Annotated[Deployments, Meta(description="All of them.")] | None = None
    model_kinds: Annotated[ModelKinds, Meta(description="All of them.")] | None = None
    actor_role: ActorRole | None = None
    jurisdictions: Annotated[Words, Meta(description="All of them.")] | None = None
    personal_data: Annotated[bool, Meta(description="Whether it handles any.")] | None = None


class ClassifySystem(Command, frozen=True, kw_only=True):
    """Give it a risk class."""

    risk_class: RiskClass
    basis: Annotated[Paragraphs, Meta(description="By which rule, and why.")]
    until: Annotated[When, Meta(description="When it has to be classified anew.")] | None = None


class EndClassification(Command, frozen=True, kw_only=True):
    """The clock looks whether a classification has ended."""


class Dependency(Command, frozen=True, kw_only=True):
    """What it depends on."""

    supplier: Name
    service: Name
    model: Annotated[Name, Meta(description="The model that the service runs.")] | None = None


class AddDependency(Dependency, frozen=True, kw_only=True):
    """It depends on a supplier's service."""


class RemoveDependency(Dependency, frozen=True, kw_only=True):
    """It depends on that no longer."""


class Alias(Command, frozen=True, kw_only=True):
    """Another name of a system."""

    alias: Annotated[SystemName, Meta(description="A name that its alerts and incidents carry.")]


class AddAlias(Alias, frozen=True, kw_only=True):
    """It has another name, which its alerts and incidents may carry."""


class RemoveAlias(Alias, frozen=True, kw_only=True):
    """That is no name of it any more."""


class BeginIteration(Command, frozen=True, kw_only=True):
    """Begin another iteration, in the first phase."""

    cause: Cause = Cause.PERSON
    reason: FreeText = ""


class EnterPhase(Command, frozen=True, kw_only=True):
    """An iteration is in another phase now."""

    phase: Phase
    iteration: (
        Annotated[int, Meta(ge=1, description="Which one; the latest by default.")] | None
    ) = None
    reason: Annotated[FreeText, Meta(description="Why, where it goes back.")] = ""
    evidence: Annotated[
        EvidenceRefs,
        Meta(description="What the phase that it leaves owes: EVD-<n> or ids.", extra=OF_EVIDENCE),
    ] = msgspec.field(default_factory=list)
    release: (
        Annotated[
            Name,
            Meta(
                extra={NAMES: "release"},
                description="The one that was decided go, where the phase owes it: "
                "SYSTEM@VERSION, RLS-<n> or its id.",
            ),
        ]
        | None
    ) = None


class RetireSystem(Command, frozen=True, kw_only=True):
    """It is used no more."""

    data: Annotated[Paragraphs, Meta(description="What became of its data.")]
    keys: Annotated[Paragraphs, Meta(description="What became of its keys and accesses.")]
    users: Annotated[Paragraphs, Meta(description="What its users were told, and use instead.")]
    open_clocks: Annotated[
        Paragraphs,
        Meta(
            description="Each of its open incidents, analyses and reviews: settled, or waived and "
            "why; none, where it has none."
        ),
    ]


SystemCommand = (
    RegisterSystem
    | AmendSystem
    | ClassifySystem
    | EndClassification
    | AddDependency
    | RemoveDependency
    | AddAlias
    | RemoveAlias
    | BeginIteration
    | EnterPhase
    | RetireSystem
)
