"""What people and programs may ask of evidence, and the mark that the clock sets."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import (
    NAMES,
    VOCABULARY,
    Command,
    Line,
    Name,
    Paragraphs,
    Url,
    Vocabulary,
    When,
)
from ledger.domain.evidence.events import EvidenceChecked

MOST_LISTED = 50
"""So many conditions, versions, change classes or refused values a command names at most."""
LARGEST = 2**53 - 1
"""The largest size that every JSON parser represents exactly."""

EvidenceKind = Annotated[
    Name,
    Meta(
        description="Its kind, as the policy names it.",
        extra={VOCABULARY: Vocabulary.EVIDENCE_KIND},
    ),
]
RoleId = Annotated[
    Name,
    Meta(
        description="The role that it is decided in; it has to be held.",
        extra={VOCABULARY: Vocabulary.ROLE},
    ),
]
Digest = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}(?!\n)$",
        max_length=64,
        description="The SHA-256 of the content: 64 hexadecimal digits in lower case.",
    ),
]
MediaType = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}(?!\n)$",
        max_length=201,
        description="What the content is, such as application/pdf.",
    ),
]
Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Names = Annotated[list[Name], Meta(max_length=MOST_LISTED)]
Lines = Annotated[list[Line], Meta(max_length=MOST_LISTED)]


class FileEvidence(Command, frozen=True, kw_only=True):
    """File a document by its digest."""

    kind: EvidenceKind
    title: Line
    digest: Digest
    system: (
        Annotated[
            Name,
            Meta(
                pattern=r"^\S(.*\S)?(?!\n)$",
                description="The system that it is about; absent, the organisation.",
            ),
        ]
        | None
    ) = None
    release: Annotated[Name, Meta(description="The version of the system.")] | None = None
    size: Annotated[Count, Meta(description="In bytes.")] | None = None
    media_type: MediaType | None = None
    url: Annotated[Url, Meta(description="Where the content stays elsewhere.")] | None = None
    valid_until: Annotated[When, Meta(description="When it expires.")] | None = None
    tool: Annotated[Name, Meta(description="The program that read it.")] | None = None
    tool_version: Name | None = None
    values: Annotated[Count, Meta(description="How many values the program took.")] | None = None
    refused: Annotated[Lines, Meta(description="The values that it did not take.")] = msgspec.field(
        default_factory=list
    )


class DecideOnEvidence(Command, frozen=True, kw_only=True):
    """What an approval and a rejection have in common."""

    role: RoleId | None = None
    versions: Annotated[Names, Meta(description="The versions that it holds for.")] = msgspec.field(
        default_factory=list
    )
    change_classes: Annotated[Names, Meta(description="The classes that it holds for.")] = (
        msgspec.field(default_factory=list)
    )
    until: Annotated[When, Meta(description="When the decision ends.")] | None = None


class ApproveEvidence(DecideOnEvidence, frozen=True, kw_only=True):
    """Approve it; with conditions, it is undecided until it is approved without any."""

    conditions: Lines = msgspec.field(default_factory=list)


class RejectEvidence(DecideOnEvidence, frozen=True, kw_only=True):
    """Reject it."""

    reason: Paragraphs


class AttestEvidence(Command, frozen=True, kw_only=True):
    """State what a program cannot read from it."""

    statement: Paragraphs
    role: RoleId | None = None


class SupersedeEvidence(Command, frozen=True, kw_only=True):
    """Put other evidence in its place."""

    by: Annotated[Name, Meta(extra={NAMES: "evidence"}, description="What is in its place.")]


class WithdrawEvidence(Command, frozen=True, kw_only=True):
    """Withdraw it: it counts no more."""

    reason: Paragraphs


class MarkEvidenceExpired(Command, frozen=True, kw_only=True):
    """The ledger's own: the time passed until which it is valid."""

    valid_until: datetime


class RecordCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's own: what a check of the card came to, as it was filed for a release."""

    event: EvidenceChecked
    release: str | None


EvidenceCommand = (
    FileEvidence
    | ApproveEvidence
    | RejectEvidence
    | AttestEvidence
    | WithdrawEvidence
    | MarkEvidenceExpired
    | RecordCheck
)
"""Those that its own stream decides; `SupersedeEvidence` is decided over two."""
