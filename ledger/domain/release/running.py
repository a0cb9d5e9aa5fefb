"""Deployments, their ends and rollbacks: what happened is recorded, and never refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import id_of, stream_id
from ledger.domain.identity import release_id
from ledger.domain.incident.state import Incident
from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.facts import status_text
from ledger.domain.release.production import (
    Production,
    ProductionDeployed,
    ProductionEnded,
    Running,
    production_stream,
)
from ledger.domain.release.state import Release
from ledger.domain.release.words import Decision, DeployMode
from ledger.domain.stream_type import Appended, Decided, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import after, in_utc
from ledger.vocabulary import Status

States = Mapping[str, Any]


Moves = c.DeployRelease | c.UndeployRelease | c.RollBackRelease
"""The commands that change what runs."""


class Target(NamedTuple):
    """The release that runs again after a rollback, by its id."""

    release: str
    version: str


def deploy(
    command: c.DeployRelease,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Records that a release runs, and whether anybody had decided that it may."""
    release: Release = states[stream]
    system, version, environment = names_of(command, release)
    if not system or release_id(system, version, environment) != UUID(id_of(stream)):
        raise Invalid(
            "Nothing says which release was deployed.",
            errors=[("version", "name system and version of a release that was not proposed")],
        )
    at = _time(command.at, now)
    digest = command.digest.removeprefix("sha256:") if command.digest else None
    why = _why_not(release, digest, states, policy)
    if _is_on_record(command, release, why):
        return ()
    deployed = e.ReleaseDeployed(
        at=at,
        system=system,
        version=version,
        environment=environment,
        mode=command.mode,
        approved=why is None,
        gated=environment in policy.releases.environments,
        why=why or UNSET,
        traffic=UNSET if command.traffic is None else command.traffic,
        digest=digest or UNSET,
        decide_by=UNSET if why is not None else _decide_by(release, at, policy),
    )
    runs = _runs(deployed, id_of(stream), good=why is None and is_go(release))
    appended = [
        Appended(stream, (deployed,)),
        Appended(production_stream(system, environment), (runs,)),
    ]
    if command.mode is DeployMode.FULL:
        production: Production = states[production_stream(system, environment)]
        appended += _replaced(production, stream, version, states, at)
    return tuple(appended)


def _is_on_record(command: c.DeployRelease, release: Release, why: str | None) -> bool:
    """Whether it is recorded that it runs so: other traffic or another digest is something else."""
    same_share = command.traffic is None or command.traffic == release.traffic
    return release.deployed is command.mode and same_share and release.why == why


def _decide_by(release: Release, at: datetime, policy: Policy) -> datetime | UnsetType:
    """Until when an emergency has to be decided: deployed once more, it has no longer than before.

    Unset for what is no emergency, and for what was decided go.
    """
    of = policy.releases.change_classes.get(release.change_class)
    if of is None or not of.emergency or is_go(release):
        return UNSET
    return release.had_until or after(at, of.decided_within)


def _runs(deployed: e.ReleaseDeployed, release: str, *, good: bool) -> ProductionDeployed:
    """The same deployment in the stream of what runs."""
    return ProductionDeployed(
        at=deployed.at,
        system=deployed.system,
        environment=deployed.environment,
        release=release,
        version=deployed.version,
        mode=deployed.mode,
        good=good,
        traffic=deployed.traffic,
    )


def _replaced(
    production: Production, stream: str, version: str, states: States, at: datetime
) -> list[Appended]:
    """What ran until now runs no more."""
    return [
        Appended(_stream(each), (e.ReleaseUndeployed(at=at, replaced_by=version),))
        for each in production.running
        if each.release != id_of(stream) and states[_stream(each)].deployed is not None
    ]


def _why_not(release: Release, digest: str | None, states: States, policy: Policy) -> str | None:
    """Why a deployment was not approved; None where it was."""
    if not release.proposed:
        return "It was never proposed."
    if release.retired:
        return "It was retired."
    if release.ever_rolled_back:
        return "It was rolled back."
    digests = {each.digest for each in release.artefacts}
    if digest is not None and digest not in digests:
        return f"The digest {digest} is that of no artefact which was decided on."
    if is_go(release):
        return None
    decided = release.decided
    same = decided is not None and decided.artefacts == release.artefacts
    if same and decided is not None and decided.decision is Decision.NO_GO:
        return "It was decided no-go."
    of = policy.releases.change_classes.get(release.change_class)
    if of is not None and of.emergency and release.incident is not None:
        incident: Incident = states[stream_id("incident", UUID(release.incident))]
        if incident.status is Status.OPEN:
            return None
        return f"It is an emergency, and its incident is {status_text(incident)}."
    if decided is None:
        return "Nobody had decided."
    return "Its artefacts are not those that were decided on."


def is_go(release: Release) -> bool:
    """Whether it was decided go, as it is made now."""
    decided = release.decided if release.decided_go else None
    return decided is not None and decided.artefacts == release.artefacts


def undeploy(
    command: c.UndeployRelease,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Records that a release runs no more."""
    release: Release = states[stream]
    if release.deployed is None:
        return ()
    at = _time(command.at, now)
    ended = e.ReleaseUndeployed(at=at, reason=command.reason or UNSET)
    return (Appended(stream, (ended,)), _ends(stream, release, at, bad=False))


def roll_back(
    command: c.RollBackRelease,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Records that a release was rolled back, and what runs in its place. Raises Refused."""
    release: Release = states[stream]
    if release.rolled_back:
        return ()
    production: Production = states[production_stream(release.system, release.environment)]
    at = _time(command.at, now)
    ran_in_full = release.deployed is DeployMode.FULL
    if command.to == release.version:
        raise Refused(
            "rollback_to_itself",
            f"{command.to} cannot be rolled back to itself.",
            remedy="Name the version that runs instead.",
        )
    to = _target(command.to, stream, release, production)
    back = e.ReleaseRolledBack(
        at=at,
        to=command.to or (to.version if to is not None else UNSET),
        incident=command.incident or UNSET,
        reason=command.reason or UNSET,
    )
    appended = [Appended(stream, (back,))]
    runs: Decided = _ends(stream, release, at, bad=True).events
    if to is not None and ran_in_full:
        again, production_again = _runs_again(to, release, states[_stream(to)], policy, at)
        appended.append(Appended(_stream(to), (again,)))
        runs = (*runs, production_again)
        others = _replaced(production, _stream(to), to.version, states, at)
        appended += [each for each in others if each.stream != stream]
    appended.append(Appended(production_stream(release.system, release.environment), runs))
    return tuple(appended)


def _target(
    version: str | None, stream: str, release: Release, production: Production
) -> Target | None:
    """What runs again: the version that is named, whether it ran before or not; else the last good.

    None where no version is named, and none ran well before.
    """
    if version is not None:
        return Target(str(release_id(release.system, version, release.environment)), version)
    good = production.good_before(id_of(stream))
    return None if good is None else Target(good.release, good.version)


def _runs_again(
    to: Target, release: Release, state: Release, policy: Policy, at: datetime
) -> tuple[e.ReleaseDeployed, ProductionDeployed]:
    good = state.may_return
    deployed = e.ReleaseDeployed(
        at=at,
        system=release.system,
        version=to.version,
        environment=release.environment,
        mode=DeployMode.FULL,
        approved=good,
        gated=release.environment in policy.releases.environments,
        why=UNSET if good else "What was rolled back to had not been decided go.",
    )
    return deployed, _runs(deployed, to.release, good=good)


def _ends(stream: str, release: Release, at: datetime, *, bad: bool) -> Appended:
    ended = ProductionEnded(
        at=at,
        system=release.system,
        environment=release.environment,
        release=id_of(stream),
        version=release.version,
        bad=bad,
    )
    return Appended(production_stream(release.system, release.environment), (ended,))


def read_to_run(command: Moves, stream: str, states: States) -> tuple[str, ...]:
    """The streams that a deployment, its end or a rollback reads beside its own."""
    release: Release = states[stream]
    system, _, environment = names_of(command, release)
    if not system:
        return ()
    own = production_stream(system, environment)
    found = [own]
    if release.incident is not None:
        found.append(stream_id("incident", UUID(release.incident)))
    if own in states:
        production: Production = states[own]
        found += [_stream(each) for each in production.running]
        if isinstance(command, c.RollBackRelease):
            to = _target(command.to, stream, release, production)
            found += [] if to is None else [_stream(to)]
    return tuple(dict.fromkeys(each for each in found if each != stream))


def names_of(command: Moves, release: Release) -> tuple[str, str, str]:
    """System, version and environment: of what is on record, else what the command says."""
    if release.system:
        return release.system, release.version, release.environment
    if not isinstance(command, c.DeployRelease):
        return "", "", ""
    return command.system or "", command.version or "", command.environment or c.PRODUCTION


def _stream(running: Running | Target) -> str:
    return stream_id("release", UUID(running.release))


def _time(given: datetime | None, now: datetime) -> datetime:
    """A time that was given, and no later than now."""
    return now if given is None else min(in_utc(given), now)
