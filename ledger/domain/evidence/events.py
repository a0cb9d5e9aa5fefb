"""What happens to a piece of evidence. `at` is when; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.evidence.words import CardVerdict
from ledger.domain.text import Text


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """What a program read from the content: its name and version, and how many values it took."""

    tool: str
    tool_version: str | UnsetType = UNSET
    values: int | UnsetType = UNSET


class EvidenceFiled(Event, frozen=True, kw_only=True):
    """A document is on record by its digest (SHA-256, hex); the content lies outside the log.

    Without `system` it is the organisation's. `release` is the version of the system that it is
    about. `size` is in bytes; `url` is where the content stays elsewhere. `refused` are the values
    that a program did not take from it, each with its path and the reason.
    """

    name: ClassVar[str] = "evidence.filed.v1"

    evidence_kind: str
    title: Text
    digest: str
    system: str | UnsetType = UNSET
    release: str | UnsetType = UNSET
    size: int | UnsetType = UNSET
    media_type: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    valid_until: datetime | UnsetType = UNSET
    extracted: Extracted | UnsetType = UNSET
    refused: tuple[Text, ...] = ()


class EvidenceRefiled(Event, frozen=True, kw_only=True):
    """The same content was filed again: the fields that are there have these values now."""

    name: ClassVar[str] = "evidence.refiled.v1"

    title: Text | UnsetType = UNSET
    release: str | UnsetType = UNSET
    size: int | UnsetType = UNSET
    media_type: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    valid_until: datetime | UnsetType = UNSET
    extracted: Extracted | UnsetType = UNSET
    refused: tuple[Text, ...] | UnsetType = UNSET


class EvidenceDecision(Event, frozen=True, kw_only=True):
    """What an approval and a rejection have in common.

    `role` is the one that `person` decided in. It holds for `versions` and `change_classes`; where
    neither is named, for `release`, that of the evidence at the time. It ends at `until`.
    """

    person: str
    role: str | UnsetType = UNSET
    release: str | UnsetType = UNSET
    versions: tuple[str, ...] = ()
    change_classes: tuple[str, ...] = ()
    until: datetime | UnsetType = UNSET


class EvidenceApproved(EvidenceDecision, frozen=True, kw_only=True):
    """A person approved it; with `conditions`, it is undecided until it is approved without any."""

    name: ClassVar[str] = "evidence.approved.v1"

    conditions: tuple[Text, ...] = ()


class EvidenceRejected(EvidenceDecision, frozen=True, kw_only=True):
    """A person rejected it."""

    name: ClassVar[str] = "evidence.rejected.v1"

    reason: Text


class EvidenceAttested(Event, frozen=True, kw_only=True):
    """A person says what a program cannot read from it; `release` is that of the evidence then."""

    name: ClassVar[str] = "evidence.attested.v1"

    person: str
    statement: Text
    role: str | UnsetType = UNSET
    release: str | UnsetType = UNSET


class EvidenceSuperseded(Event, frozen=True, kw_only=True):
    """Other evidence is in its place, by its id."""

    name: ClassVar[str] = "evidence.superseded.v1"

    by: str


class EvidenceWithdrawn(Event, frozen=True, kw_only=True):
    """It counts no more."""

    name: ClassVar[str] = "evidence.withdrawn.v1"

    reason: Text


class EvidenceExpired(Event, frozen=True, kw_only=True):
    """The time passed until which it is valid."""

    name: ClassVar[str] = "evidence.expired.v1"

    valid_until: datetime


class EvidenceChecked(Event, frozen=True, kw_only=True):
    """The ledger looked whether a card says what the policy asks of its kind.

    `rules` is the SHA-256 (hex) of what was asked. `gaps` are what is missing, each with the
    expression that looked for it. By its own date the card holds `until`.
    """

    name: ClassVar[str] = "evidence.checked.v1"

    verdict: CardVerdict
    reason: str
    rules: str
    gaps: tuple[str, ...] = ()
    until: datetime | UnsetType = UNSET


EvidenceEvent = (
    EvidenceFiled
    | EvidenceRefiled
    | EvidenceApproved
    | EvidenceRejected
    | EvidenceAttested
    | EvidenceSuperseded
    | EvidenceWithdrawn
    | EvidenceExpired
    | EvidenceChecked
)
