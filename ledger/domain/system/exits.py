"""The exits of phases: what the policy wants before the next one is entered.

Evidence and a release are named in the command, and their streams are preconditions of the event:
evidence that is withdrawn meanwhile, or a release that is rolled back, counts no more. Source:
runbook section 2.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.envelope import id_of, stream_id
from ledger.domain.evidence.approval import status_at
from ledger.domain.evidence.state import Evidence
from ledger.domain.evidence.words import EvidenceStatus
from ledger.domain.identity import system_id
from ledger.domain.stream_type import Appended, Sender
from ledger.domain.system import commands as c
from ledger.domain.system.decide import decide
from ledger.domain.system.events import PhaseEntered
from ledger.domain.system.state import System
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.phases import PhaseExit


class Released(Protocol):
    """What a phase reads of a release, whose package reads the names of systems."""

    @property
    def system(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def retired(self) -> bool: ...
    @property
    def ever_rolled_back(self) -> bool: ...
    @property
    def decided(self) -> object: ...
    @property
    def decided_go(self) -> bool: ...


def named(command: c.EnterPhase) -> tuple[str, ...]:
    """The streams of the evidence and of the release that a command names."""
    return (*_evidence_named(command), *_release_named(command))


def _evidence_named(command: c.EnterPhase) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stream_id("evidence", UUID(each)) for each in command.evidence))


def _release_named(command: c.EnterPhase) -> tuple[str, ...]:
    return () if command.release is None else (stream_id("release", UUID(command.release)),)


def enter(
    command: c.EnterPhase,
    stream: str,
    states: Mapping[str, Any],
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Enters a phase; the one before it has what it owes. Raises Refused."""
    state: System = states[stream]
    decided = decide(command, state, policy, now)
    entered = [each for each in decided if isinstance(each, PhaseEntered)]
    if not entered:
        return ()
    evidence = {each: states[each] for each in _evidence_named(command)}
    left = state.phases[entered[0].iteration - 1]
    owed = PhaseExit()
    if command.phase.place > left.place:
        owed = policy.phases.get(left, owed)
    unfit = {each: why for each, of in evidence.items() if (why := _unfit(of, state, now))}
    counting = {of.kind for each, of in evidence.items() if each not in unfit}
    missing = list(_missing(owed, counting, policy))
    if missing or unfit:
        said = [f"It owes {each}." for each in missing]
        said += [f"The evidence {id_of(each)} {why}." for each, why in unfit.items()]
        raise Refused(
            "phase_owes_evidence",
            f"The iteration cannot leave {left.label}. {' '.join(said)}",
            remedy="File what is missing with airledger evidence file, and name it with evidence.",
        )
    releases = _release_named(command)
    _require_release(owed, [states[each] for each in releases], state, left.label)
    changes: dict[str, Any] = {}
    if evidence:
        changes["evidence"] = tuple(id_of(each) for each in evidence)
    if releases:
        changes["release"] = id_of(releases[0])
    if owed.owes or owed.one_of:
        changes["owed"] = (*owed.owes, *([" or ".join(owed.one_of)] if owed.one_of else []))
    return (Appended(stream, tuple(replace(each, **changes) for each in entered)),)


def _require_release(
    owed: PhaseExit, releases: Sequence[Released], system: System, left: str
) -> None:
    """Refuses a release that does not count, and the lack of one that is owed."""
    if owed.release and not releases:
        why = "It owes a release that was decided go, and none is named."
    elif found := [why for each in releases if (why := _not_go(each, system))]:
        why = found[0]
    else:
        return
    raise Refused(
        "phase_owes_release",
        f"The iteration cannot leave {left}. {why}",
        remedy="Name one that was decided go, as airledger release list has it, with release.",
    )


def _not_go(release: Released, system: System) -> str:
    """Why a release does not count for a system; empty where it does."""
    what = f"The release {release.version} of {release.system!r}"
    if system_id(release.system) != system_id(system.system):
        return f"{what} is of another system."
    if release.retired:
        return f"{what} was retired."
    if release.ever_rolled_back:
        return f"{what} was rolled back."
    if release.decided is None:
        return f"{what} is not decided."
    if not release.decided_go:
        return f"{what} was decided no-go."
    return ""


def _unfit(evidence: Evidence, system: System, now: datetime) -> str:
    """Why evidence does not count for a system; empty where it does."""
    status = status_at(evidence, now)
    if status is not EvidenceStatus.FILED:
        return f"is {status.label.lower()}"
    if any(not each.approved for each in evidence.decisions):
        return "was rejected"
    if evidence.system is not None and system_id(evidence.system) != system_id(system.system):
        return f"is about the system {evidence.system!r}"
    return ""


def _missing(owed: PhaseExit, counting: set[str], policy: Policy) -> Iterator[str]:
    """The kinds that are owed and not there, in words."""
    labels = policy.evidence.labels
    for kind in owed.owes:
        if kind not in counting:
            yield f"{labels.get(kind, kind)} ({kind})"
    if owed.one_of and counting.isdisjoint(owed.one_of):
        yield " or ".join(f"{labels.get(kind, kind)} ({kind})" for kind in owed.one_of)
