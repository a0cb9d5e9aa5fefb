"""What happens to a release. `at` is when it happened; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.words import Decision, DeployMode, Verdict
from ledger.domain.text import Text


class RequirementJudged(msgspec.Struct, frozen=True, kw_only=True):
    """What a requirement of a gate came to, and on which basis.

    `basis` are the streams that it was judged by ("evidence/<uuid>", "metric/<uuid>",
    "release/<uuid>"), and for a sign-off the persons. `as_of` is the time of the oldest of them, by
    which its age is known.
    """

    id: str
    gate: str
    verdict: Verdict
    reason: str
    basis: tuple[str, ...] = ()
    as_of: datetime | UnsetType = UNSET


class ReleaseProposed(Event, frozen=True, kw_only=True):
    """A version of a system is to run in an environment.

    `change_class` is one of the policy's. `authors` are opaque "person/<uuid>" or the sender, who
    may be a program. `replaces` is the version that ran there then; unset, none did. `incident` is
    the open one that an emergency release is for.
    """

    name: ClassVar[str] = "release.proposed.v1"

    system: str
    version: str
    environment: str
    change_class: str
    authors: tuple[str, ...]
    artefacts: tuple[Artefact, ...]
    replaces: str | UnsetType = UNSET
    incident: str | UnsetType = UNSET
    summary: Text | UnsetType = UNSET


class ReleaseAmended(Event, frozen=True, kw_only=True):
    """The fields that are there have these values now."""

    name: ClassVar[str] = "release.amended.v1"

    reason: Text
    change_class: str | UnsetType = UNSET
    authors: tuple[str, ...] | UnsetType = UNSET
    artefacts: tuple[Artefact, ...] | UnsetType = UNSET
    summary: Text | UnsetType = UNSET


class ReleaseEvidenceAttached(Event, frozen=True, kw_only=True):
    """Evidence is named for a requirement, by its id and the digest that it then had."""

    name: ClassVar[str] = "release.evidence_attached.v1"

    requirement: str
    evidence: str
    digest: str


class ReleaseEvidenceDetached(Event, frozen=True, kw_only=True):
    """Evidence is named for a requirement no more."""

    name: ClassVar[str] = "release.evidence_detached.v1"

    requirement: str
    evidence: str
    reason: Text


class RequirementWaived(Event, frozen=True, kw_only=True):
    """A person waives a requirement until a time; `control` is what makes up for it meanwhile."""

    name: ClassVar[str] = "release.requirement_waived.v1"

    requirement: str
    reason: Text
    control: Text
    until: datetime
    person: str
    role: str


class RequirementExcluded(Event, frozen=True, kw_only=True):
    """A person says, in a role, that a requirement does not apply to this release."""

    name: ClassVar[str] = "release.requirement_excluded.v1"

    requirement: str
    reason: Text
    person: str
    role: str


class ReleaseSignedOff(Event, frozen=True, kw_only=True):
    """A person signs what the release then was.

    `persons` are all ids of the human, and of whom he is the deputy. `subject_digest` is the
    SHA-256 (hex) of what was signed; `verdicts` are those of the other requirements as then seen.
    """

    name: ClassVar[str] = "release.signed_off.v1"

    role: str
    person: str
    persons: tuple[str, ...]
    subject_digest: str
    verdicts: dict[str, Verdict]
    statement: Text | UnsetType = UNSET


class ReleaseSignOffWithdrawn(Event, frozen=True, kw_only=True):
    """A person withdraws his sign-off in a role."""

    name: ClassVar[str] = "release.sign_off_withdrawn.v1"

    role: str
    person: str
    reason: Text


class ReleaseDecided(Event, frozen=True, kw_only=True):
    """A named person decides. `requirements` are those of all gates, as they were judged then.

    `artefacts` are what the decision is about. `conditions` become improvements, by their ids;
    `owner` (an opaque "person/<uuid>") sees to them until `due`.
    """

    name: ClassVar[str] = "release.decided.v1"

    decision: Decision
    person: str
    subject_digest: str
    requirements: tuple[RequirementJudged, ...]
    artefacts: tuple[Artefact, ...]
    change_class: str
    role: str | UnsetType = UNSET
    reason: Text | UnsetType = UNSET
    conditions: tuple[Text, ...] = ()
    improvements: tuple[str, ...] = ()
    owner: str | UnsetType = UNSET
    due: datetime | UnsetType = UNSET


class ReleaseDeployed(Event, frozen=True, kw_only=True):
    """It runs in its environment: in the shadow, for some of the traffic (percent), or for all.

    `digest` is that of an artefact, as who deployed it stated it. `approved`: it was decided `go`
    as it was deployed, or is an emergency for an open incident; where it is not, `why` says so.
    System, version and environment are there for a release that was never proposed.
    """

    name: ClassVar[str] = "release.deployed.v1"

    system: str
    version: str
    environment: str
    mode: DeployMode
    approved: bool
    gated: bool
    why: str | UnsetType = UNSET
    traffic: float | UnsetType = UNSET
    digest: str | UnsetType = UNSET
    decide_by: datetime | UnsetType = UNSET
    """Until when an emergency release has to be decided."""


class ReleaseUndeployed(Event, frozen=True, kw_only=True):
    """It runs no more; `replaced_by` is the version that took its place."""

    name: ClassVar[str] = "release.undeployed.v1"

    replaced_by: str | UnsetType = UNSET
    reason: Text | UnsetType = UNSET


class ReleaseRolledBack(Event, frozen=True, kw_only=True):
    """It was rolled back; `to` is the version that runs instead, `incident` the id of why."""

    name: ClassVar[str] = "release.rolled_back.v1"

    to: str | UnsetType = UNSET
    incident: str | UnsetType = UNSET
    reason: Text | UnsetType = UNSET


class ReleaseNonconforming(Event, frozen=True, kw_only=True):
    """In production, and a requirement that had passed does so no more: since `at`."""

    name: ClassVar[str] = "release.nonconforming.v1"

    requirement: str
    verdict: Verdict
    reason: str


class ReleaseConforming(Event, frozen=True, kw_only=True):
    """The requirement passes again."""

    name: ClassVar[str] = "release.conforming.v1"

    requirement: str


class ReleaseUndecidedLate(Event, frozen=True, kw_only=True):
    """The clock's mark: an emergency release runs, and was not decided in time. `at` is when."""

    name: ClassVar[str] = "release.decision_overdue.v1"


class ReleaseRetired(Event, frozen=True, kw_only=True):
    """It will not be deployed again."""

    name: ClassVar[str] = "release.retired.v1"

    reason: Text


ReleaseEvent = (
    ReleaseProposed
    | ReleaseAmended
    | ReleaseEvidenceAttached
    | ReleaseEvidenceDetached
    | RequirementWaived
    | RequirementExcluded
    | ReleaseSignedOff
    | ReleaseSignOffWithdrawn
    | ReleaseDecided
    | ReleaseDeployed
    | ReleaseUndeployed
    | ReleaseRolledBack
    | ReleaseNonconforming
    | ReleaseConforming
    | ReleaseUndecidedLate
    | ReleaseRetired
)
