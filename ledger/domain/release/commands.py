"""What people, programs and the ledger itself may ask of a release."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import (
    NAMES,
    SHOWN,
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
from ledger.domain.release.artefacts import GivenArtefact, artefact_from_text
from ledger.domain.release.words import Decision, DeployMode

MOST_ARTEFACTS = 50
"""So many artefacts a release has at most."""
MOST_ATTACHED = 200
"""So many pieces of evidence are attached to a release at most."""
PRODUCTION = "production"
"""The environment of a release that names none."""

Environment = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\Z",
        max_length=63,
        description="Where it runs; absent, production.",
    ),
]
VersionName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[^\s@]+\Z",
        description="The version of the system, without spaces and @.",
    ),
]
SystemText = Annotated[Name, Meta(pattern=r"^\S(.*\S)?\Z", description="The system.")]
WrittenArtefact = Annotated[str, Meta(min_length=1, max_length=1_000)]
Artefacts = Annotated[
    list[GivenArtefact | WrittenArtefact],
    Meta(
        max_length=MOST_ARTEFACTS,
        extra={WRITTEN: artefact_from_text},
        description="What it is made of: KIND:NAME@sha256:DIGEST, for a model of a provider "
        "provider_model:NAME@VERSION.",
    ),
]
Authors = Annotated[
    list[Line],
    Meta(
        max_length=20,
        extra={NAMES: Names.PERSON},
        description="Who made it, and cannot sign it off; absent, who proposes it.",
    ),
]
ChangeClassName = Annotated[
    Name,
    Meta(
        description="The class of the change, as the policy names it.",
        extra={VOCABULARY: Vocabulary.CHANGE_CLASS},
    ),
]
RequirementId = Annotated[
    Name,
    Meta(
        description="The requirement, as the policy's gates name it.",
        extra={VOCABULARY: Vocabulary.REQUIREMENT},
    ),
]
RoleName = Annotated[
    Name,
    Meta(
        description="The role that one acts in; it has to be held.",
        extra={VOCABULARY: Vocabulary.ROLE},
    ),
]
NamedEvidence = Annotated[
    Name, Meta(extra={NAMES: "evidence"}, description="The evidence: EVD-<n> or its id.")
]
SubjectDigest = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}\Z",
        description="The digest of what is signed, as the check shows it.",
        extra={SHOWN: True},
    ),
]


class ProposeRelease(Command, frozen=True, kw_only=True):
    """Propose to run a version of a system in an environment."""

    system: SystemText
    version: VersionName
    environment: Environment = PRODUCTION
    change_class: ChangeClassName
    artefacts: Artefacts
    authors: Authors = msgspec.field(default_factory=list)
    incident: (
        Annotated[
            Name,
            Meta(extra={NAMES: "incident"}, description="The open one that an emergency is for."),
        ]
        | None
    ) = None
    summary: Annotated[FreeText, Meta(description="What changes, in words.")] = ""


class AmendRelease(Command, frozen=True, kw_only=True):
    """Change what is proposed; sign-offs of before count no more."""

    reason: Annotated[Paragraphs, Meta(description="Why it is changed.")]
    change_class: ChangeClassName | None = None
    artefacts: Artefacts | None = None
    authors: Authors | None = None
    summary: FreeText | None = None


class AttachEvidence(Command, frozen=True, kw_only=True):
    """Name evidence for a requirement."""

    requirement: RequirementId
    evidence: NamedEvidence


class DetachEvidence(Command, frozen=True, kw_only=True):
    """Name evidence for a requirement no more."""

    requirement: RequirementId
    evidence: NamedEvidence
    reason: Annotated[Paragraphs, Meta(description="Why.")]


class WaiveRequirement(Command, frozen=True, kw_only=True):
    """Waive a requirement until a time, with what makes up for it."""

    requirement: RequirementId
    reason: Annotated[Paragraphs, Meta(description="Why it is waived.")]
    control: Annotated[Paragraphs, Meta(description="The compensating control.")]
    until: Annotated[When, Meta(description="When the waiver ends.")]
    role: RoleName | None = None


class ExcludeRequirement(Command, frozen=True, kw_only=True):
    """Approve that a requirement does not apply to this release."""

    requirement: RequirementId
    reason: Annotated[Paragraphs, Meta(description="Why it does not apply.")]
    role: RoleName | None = None


class SignOffRelease(Command, frozen=True, kw_only=True):
    """Sign the release as it now is."""

    role: RoleName
    digest: SubjectDigest | None = None
    statement: Annotated[FreeText, Meta(description="What is stated with it.")] = ""


class WithdrawSignOff(Command, frozen=True, kw_only=True):
    """Withdraw a sign-off of one's own."""

    role: RoleName
    reason: Annotated[Paragraphs, Meta(description="Why.")]


class DecideRelease(Command, frozen=True, kw_only=True):
    """Decide on the release: go, which needs every gate to pass, or no-go."""

    decision: Annotated[Decision, Meta(description="go or no_go.")]
    digest: SubjectDigest | None = None
    reason: Annotated[FreeText, Meta(description="Why; a no-go needs it.")] = ""
    conditions: Annotated[
        list[Line],
        Meta(max_length=20, description="What is to be done as well: each is an improvement."),
    ] = msgspec.field(default_factory=list)
    owner: Person | None = None
    due: Annotated[When, Meta(description="When the conditions have to be met.")] | None = None


class DeployRelease(Command, frozen=True, kw_only=True):
    """Record that it runs. Nothing is refused: what was not decided is recorded as such."""

    mode: Annotated[DeployMode, Meta(description="How it is deployed.")] = DeployMode.FULL
    traffic: (
        Annotated[float, Meta(ge=0, le=100, description="The share of the traffic in percent.")]
        | None
    ) = None
    digest: (
        Annotated[
            str,
            Meta(
                pattern=r"^(sha256:)?[0-9a-f]{64}\Z",
                description="The digest of the artefact that was deployed.",
            ),
        ]
        | None
    ) = None
    at: When | None = None
    system: SystemText | None = None
    version: VersionName | None = None
    environment: Environment | None = None


class UndeployRelease(Command, frozen=True, kw_only=True):
    """Record that it runs no more."""

    reason: Annotated[FreeText, Meta(description="Why.")] = ""
    at: When | None = None


class RollBackRelease(Command, frozen=True, kw_only=True):
    """Record that it was rolled back, and what runs instead."""

    to: Annotated[VersionName, Meta(description="The version that runs instead.")] | None = None
    incident: (
        Annotated[Name, Meta(extra={NAMES: "incident"}, description="The incident that it is for.")]
        | None
    ) = None
    reason: Annotated[FreeText, Meta(description="Why.")] = ""
    at: When | None = None


class RetireRelease(Command, frozen=True, kw_only=True):
    """Retire a release: it will not be deployed again."""

    reason: Annotated[Paragraphs, Meta(description="Why.")]


class MarkUndecided(Command, frozen=True, kw_only=True):
    """The ledger's own: an emergency release was not decided in time."""

    at: datetime


OwnStreamCommand = (
    AmendRelease
    | DetachEvidence
    | WaiveRequirement
    | ExcludeRequirement
    | WithdrawSignOff
    | RetireRelease
    | MarkUndecided
)
"""The commands that are decided by the release's own stream alone."""
