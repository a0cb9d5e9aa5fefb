"""Releases: what is proposed to run, what the gates come to, who signed and decided, what runs.

Source: runbook section 5 (pre-deployment gates).
"""

from datetime import datetime, timedelta
from uuid import UUID

from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.envelope import stream_id
from ledger.domain.identity import release_id
from ledger.domain.release import commands as c
from ledger.domain.release import decide as of_own
from ledger.domain.release import deciding, naming, running
from ledger.domain.release.describing import describe
from ledger.domain.release.events import (
    ReleaseDecided,
    ReleaseDeployed,
    ReleaseEvent,
    ReleaseRolledBack,
    ReleaseUndecidedLate,
    ReleaseUndeployed,
)
from ledger.domain.release.production import production_stream
from ledger.domain.release.state import Release, evolve
from ledger.domain.release.words import DeployMode
from ledger.domain.stream_type import (
    NOBODY,
    CommandType,
    OtherNames,
    StreamType,
    by_own_name,
    members,
)
from ledger.domain.system.names import NAMES_STREAM
from ledger.policy import Policy
from ledger.policy.times import LAST, after

A_DAY = timedelta(days=1)
"""What runs is judged again each day."""


def _opened(command: c.ProposeRelease) -> UUID:
    return release_id(command.system, command.version, command.environment)


def _deployed_as(command: c.DeployRelease) -> UUID | None:
    """The release that it names; None where the path does."""
    if command.system is None or command.version is None:
        return None
    return release_id(command.system, command.version, command.environment or c.PRODUCTION)


def _incident_of(command: c.ProposeRelease | c.RollBackRelease) -> tuple[str, ...]:
    return () if command.incident is None else (stream_id("incident", UUID(command.incident)),)


def _evidence_of(command: c.AttachEvidence) -> tuple[str, ...]:
    return (stream_id("evidence", UUID(command.evidence)),)


def _decide(
    command: c.MarkUndecided, state: Release, policy: Policy, now: datetime
) -> tuple[ReleaseEvent, ...]:
    """The ledger's own command; those of people are decided by who sends them."""
    return of_own.decide(command, state, policy, now, NOBODY)


RELEASE = StreamType(
    kind="release",
    initial=Release(),
    evolve=evolve,
    events=members(ReleaseEvent),
    decide=_decide,
    commands={
        "propose": CommandType(
            body=c.ProposeRelease,
            title="Propose a release",
            done="proposed",
            opens=True,
            opens_as=_opened,
            arguments=("system", "version"),
            touches=lambda command: (command.system,),
            renames=by_own_name,
            compares=lambda _, state: state.summary,
            reads=_incident_of,
            checks=lambda command: (production_stream(command.system, command.environment),),
            decide_over=of_own.propose,
        ),
        "amend": CommandType(
            body=c.AmendRelease,
            done="amended",
            arguments=("reason",),
            compares=lambda _, state: state.summary,
            decide_by=of_own.decide,
        ),
        "attach": CommandType(
            body=c.AttachEvidence,
            title="Attach evidence",
            done="{evidence} attached",
            arguments=("requirement", "evidence"),
            reads=_evidence_of,
            decide_over=of_own.attach,
        ),
        "detach": CommandType(
            body=c.DetachEvidence,
            title="Detach evidence",
            done="{evidence} detached",
            arguments=("requirement", "evidence"),
            decide_by=of_own.decide,
        ),
        "waive": CommandType(
            body=c.WaiveRequirement,
            title="Waive a requirement",
            done="{requirement} waived",
            arguments=("requirement",),
            decide_by=of_own.decide,
            needs_person=True,
        ),
        "exclude": CommandType(
            body=c.ExcludeRequirement,
            title="Approve that a requirement does not apply",
            done="{requirement} does not apply",
            arguments=("requirement",),
            decide_by=of_own.decide,
            needs_person=True,
        ),
        "sign-off": CommandType(
            body=c.SignOffRelease,
            title="Sign off",
            done="signed off as {role}",
            arguments=("role",),
            follows=deciding.read_to_decide,
            decide_over=deciding.sign_off,
            needs_person=True,
        ),
        "withdraw-sign-off": CommandType(
            body=c.WithdrawSignOff,
            title="Withdraw a sign-off",
            done="sign-off as {role} withdrawn",
            arguments=("role",),
            decide_by=of_own.decide,
            needs_person=True,
        ),
        "decide": CommandType(
            body=c.DecideRelease,
            title="Decide: go or no-go",
            done="decided: {decision}",
            arguments=("decision",),
            follows=deciding.read_to_decide,
            decide_over=deciding.decision,
            needs_person=True,
        ),
        "deploy": CommandType(
            body=c.DeployRelease,
            title="Record a deployment",
            done="deployed",
            opens_as=_deployed_as,
            names=naming.filled,
            touches=lambda command: () if command.system is None else (command.system,),
            renames=by_own_name,
            follows=running.read_to_run,
            decide_over=running.deploy,
        ),
        "undeploy": CommandType(
            body=c.UndeployRelease,
            title="Record that it runs no more",
            done="runs no more",
            follows=running.read_to_run,
            decide_over=running.undeploy,
        ),
        "roll-back": CommandType(
            body=c.RollBackRelease,
            title="Record a rollback",
            done="rolled back",
            reads=_incident_of,
            follows=running.read_to_run,
            decide_over=running.roll_back,
        ),
        "retire": CommandType(
            body=c.RetireRelease,
            done="retired",
            arguments=("reason",),
            decide_by=of_own.decide,
        ),
    },
    label="release",
    plural="releases",
    prefix="RLS",
    describe=describe,
    named=naming.id_named,
    by_name="SYSTEM@VERSION",
    other_names=OtherNames(NAMES_STREAM, naming.by_alias),
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)


def _late(state: Release) -> tuple[Command, ...]:
    return () if state.decide_by is None else (c.MarkUndecided(at=state.decide_by),)


RELEASE_DECISION = DeadlineType(
    name="release_decision",
    kind="release",
    label="decision on an emergency release",
    finds="overdue",
    sets={ReleaseDeployed: lambda event: event.decide_by or None},
    ends=frozenset({ReleaseDecided, ReleaseUndeployed, ReleaseRolledBack, ReleaseUndecidedLate}),
    commands=_late,
    next_at=lambda state: None if state.overdue else state.decide_by,
)
"""An emergency release is deployed first, and decided until a time."""

CONFORMITY = DeadlineType(
    name="conformity",
    kind="release",
    label="daily judging of a release",
    finds="due",
    sets={ReleaseDeployed: lambda event: after(event.at, A_DAY)},
    ends=frozenset({ReleaseUndeployed, ReleaseRolledBack}),
    next_at=lambda state: None if state.deployed is None else LAST,
)
"""What is in production is judged each day: what passed may have expired, or become worse."""

__all__ = [
    "CONFORMITY",
    "RELEASE",
    "RELEASE_DECISION",
    "DeployMode",
    "Release",
    "ReleaseDecided",
    "ReleaseDeployed",
    "ReleaseEvent",
    "describe",
    "evolve",
]
