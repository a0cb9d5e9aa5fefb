"""A release's state, folded from its stream."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.release import events as e
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.words import Decision, DeployMode, ReleaseStatus, Verdict
from ledger.domain.text import Text


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that is named for a requirement: its id, and the digest that it had."""

    requirement: str
    evidence: str
    digest: str


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """Why a requirement is not asked of a release; `until` is None where it does not apply."""

    requirement: str
    at: datetime
    person: str
    role: str
    reason: Text
    control: Text = ""
    until: datetime | None = None


class SignOff(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-off that was not withdrawn; see `ReleaseSignedOff`."""

    at: datetime
    role: str
    person: str
    persons: tuple[str, ...]
    subject_digest: str
    verdicts: dict[str, Verdict]


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The newest decision."""

    at: datetime
    decision: Decision
    person: str
    subject_digest: str
    requirements: tuple[e.RequirementJudged, ...]
    artefacts: tuple[Artefact, ...]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Where a release stands; `system` is empty where nothing of it is on record.

    `proposed`: it was, and did not only run. `artefacts_at` is when its artefacts were changed
    last: evaluations of before are of something else. `ever_go`: it was decided `go` once;
    `ever_rolled_back`: it was rolled back once, whatever came after. `deployed` is how it runs now,
    `traffic` the share that was stated, and `why` why that was not approved. `nonconforming` are
    requirements with the time since when. `decide_by` is until when an emergency that runs is to be
    decided; `had_until` stays when it runs no more: deployed again it has no more time.
    """

    proposed: bool = False
    system: str = ""
    version: str = ""
    environment: str = ""
    change_class: str = ""
    authors: tuple[str, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    artefacts_at: datetime | None = None
    replaces: str | None = None
    incident: str | None = None
    summary: Text = ""
    attached: tuple[Attached, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    decided: Decided | None = None
    decisions: int = 0
    ever_go: bool = False
    ever_rolled_back: bool = False
    deployed: DeployMode | None = None
    deployed_at: datetime | None = None
    approved: bool = True
    traffic: float | None = None
    why: str | None = None
    ended: bool = False
    rolled_back: bool = False
    retired: bool = False
    decide_by: datetime | None = None
    had_until: datetime | None = None
    overdue: bool = False
    nonconforming: Mapping[str, datetime] = {}

    @property
    def status(self) -> ReleaseStatus:
        """Where it stands."""
        if self.retired:
            return ReleaseStatus.RETIRED
        if self.rolled_back:
            return ReleaseStatus.ROLLED_BACK
        if self.deployed is not None:
            return ReleaseStatus.DEPLOYED
        if self.ended:
            return ReleaseStatus.UNDEPLOYED
        if self.decided is not None:
            go = self.decided.decision is Decision.GO
            return ReleaseStatus.GO if go else ReleaseStatus.NO_GO
        return ReleaseStatus.PROPOSED

    @property
    def decided_go(self) -> bool:
        """Whether the newest decision is go."""
        return self.decided is not None and self.decided.decision is Decision.GO

    @property
    def may_return(self) -> bool:
        """Whether it may be rolled back to: it was decided go, and was never rolled back itself."""
        return self.decided_go and not self.ever_rolled_back and not self.retired

    def evidence_for(self, requirement: str) -> tuple[str, ...]:
        """The ids of the evidence that is named for a requirement."""
        return tuple(each.evidence for each in self.attached if each.requirement == requirement)

    def waiver_of(self, requirement: str) -> Waiver | None:
        """The newest waiver of a requirement."""
        found = (each for each in reversed(self.waivers) if each.requirement == requirement)
        return next(found, None)


def evolve(state: Release, event: e.ReleaseEvent) -> Release:
    """The state after an event."""
    match event:
        case e.ReleaseProposed():
            return _proposed(state, event)
        case e.ReleaseAmended():
            return _amended(state, event)
        case e.ReleaseEvidenceAttached():
            attached = Attached(
                requirement=event.requirement, evidence=event.evidence, digest=event.digest
            )
            return replace(state, attached=(*_others(state, event), attached))
        case e.ReleaseEvidenceDetached():
            return replace(state, attached=_others(state, event))
        case e.RequirementWaived() | e.RequirementExcluded():
            kept = (each for each in state.waivers if each.requirement != event.requirement)
            return replace(state, waivers=(*kept, _waiver(event)))
        case e.ReleaseSignedOff():
            signed = SignOff(
                at=event.at,
                role=event.role,
                person=event.person,
                persons=event.persons,
                subject_digest=event.subject_digest,
                verdicts=event.verdicts,
            )
            return replace(state, sign_offs=(*_not_of(state, event), signed))
        case e.ReleaseSignOffWithdrawn():
            return replace(state, sign_offs=_not_of(state, event))
        case e.ReleaseDecided():
            return _decided(state, event)
        case e.ReleaseDeployed():
            return _deployed(state, event)
        case e.ReleaseUndeployed():
            return _ended(state)
        case e.ReleaseRolledBack():
            return replace(_ended(state), rolled_back=True, ever_rolled_back=True)
        case e.ReleaseNonconforming():
            since = {**state.nonconforming, event.requirement: event.at}
            return replace(state, nonconforming=since)
        case e.ReleaseConforming():
            others = dict(state.nonconforming)
            others.pop(event.requirement, None)
            return replace(state, nonconforming=others)
        case e.ReleaseUndecidedLate():
            return replace(state, overdue=True)
        case e.ReleaseRetired():
            return replace(state, retired=True)
        case _:
            assert_never(event)


def _proposed(state: Release, event: e.ReleaseProposed) -> Release:
    """It may run already: what was deployed before it was proposed goes on to."""
    return replace(
        state,
        proposed=True,
        system=event.system,
        version=event.version,
        environment=event.environment,
        change_class=event.change_class,
        authors=event.authors,
        artefacts=event.artefacts,
        replaces=event.replaces or None,
        incident=event.incident or None,
        summary=event.summary or "",
    )


def _amended(state: Release, event: e.ReleaseAmended) -> Release:
    changes = {
        name: value
        for name in ("change_class", "authors", "artefacts", "summary")
        if (value := getattr(event, name)) is not UNSET
    }
    if "artefacts" in changes:
        changes["artefacts_at"] = event.at
    return replace(state, **changes)


def _others(
    state: Release, event: e.ReleaseEvidenceAttached | e.ReleaseEvidenceDetached
) -> tuple[Attached, ...]:
    """What is attached, but for the evidence and requirement of an event."""
    of = (event.requirement, event.evidence)
    return tuple(each for each in state.attached if (each.requirement, each.evidence) != of)


def _waiver(event: e.RequirementWaived | e.RequirementExcluded) -> Waiver:
    excluded = Waiver(
        requirement=event.requirement,
        at=event.at,
        person=event.person,
        role=event.role,
        reason=event.reason,
    )
    if isinstance(event, e.RequirementExcluded):
        return excluded
    return replace(excluded, control=event.control, until=event.until)


def _not_of(
    state: Release, event: e.ReleaseSignedOff | e.ReleaseSignOffWithdrawn
) -> tuple[SignOff, ...]:
    """The sign-offs but that of a person in a role."""
    of = (event.role, event.person)
    return tuple(each for each in state.sign_offs if (each.role, each.person) != of)


def _decided(state: Release, event: e.ReleaseDecided) -> Release:
    decided = Decided(
        at=event.at,
        decision=event.decision,
        person=event.person,
        subject_digest=event.subject_digest,
        requirements=event.requirements,
        artefacts=event.artefacts,
    )
    go = event.decision is Decision.GO
    return replace(
        state,
        decided=decided,
        decisions=state.decisions + 1,
        ever_go=state.ever_go or go,
        approved=state.approved or go,
        decide_by=None,
        had_until=None,
        overdue=False,
    )


def _ended(state: Release) -> Release:
    return replace(state, deployed=None, ended=True, decide_by=None, nonconforming={})


def _deployed(state: Release, event: e.ReleaseDeployed) -> Release:
    return replace(
        state,
        system=event.system,
        version=event.version,
        environment=event.environment,
        deployed=event.mode,
        deployed_at=event.at,
        approved=event.approved,
        traffic=None if event.traffic is UNSET else event.traffic,
        why=event.why or None,
        ended=False,
        rolled_back=False,
        decide_by=event.decide_by or state.decide_by,
        had_until=event.decide_by or state.had_until,
    )
