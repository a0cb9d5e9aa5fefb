"""What is proposed and changed of a release: each command gives the events that it causes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.envelope import id_of, stream_id
from ledger.domain.evidence.state import Evidence
from ledger.domain.identity import system_id
from ledger.domain.incident.state import Incident
from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.artefacts import Artefact, GivenArtefact, artefact_from_text
from ledger.domain.release.facts import status_text
from ledger.domain.release.production import Production, production_stream
from ledger.domain.release.requiring import (
    require_class,
    require_no_author,
    require_open,
    require_others,
    require_requirement,
    require_role,
)
from ledger.domain.release.state import Release
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import in_utc, time_text
from ledger.vocabulary import Status

LONGEST_WAIVER = timedelta(days=366)
"""A waiver ends within this time."""
States = Mapping[str, Any]


def propose(
    command: c.ProposeRelease,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """Proposes a version; what runs in its environment is what it replaces. Raises Refused."""
    state: Release = states[stream]
    production: Production = states[production_stream(command.system, command.environment)]
    current = production.current
    of = require_class(command.change_class, policy)
    if of.emergency:
        _require_emergency(command, states, sender)
    elif command.incident is not None:
        raise Invalid(
            "Only a release of an emergency class is for an incident.",
            errors=[("incident", "leave it out, or name the class of an emergency")],
        )
    replaced = current.version if current is not None and current.release != id_of(stream) else None
    proposed = e.ReleaseProposed(
        at=now,
        system=command.system,
        version=command.version,
        environment=command.environment,
        change_class=command.change_class,
        authors=tuple(command.authors) or (sender.actor,),
        artefacts=artefacts(command.artefacts),
        replaces=replaced or UNSET,
        incident=command.incident or UNSET,
        summary=command.summary or UNSET,
    )
    if not state.proposed:
        return (Appended(stream, (proposed,)),)
    if _is_on_record(proposed, state):
        return ()
    raise Refused(
        "release_proposed",
        f"{command.version} of {command.system} was proposed for {command.environment} with other "
        "contents.",
        remedy="Change it with airledger release amend, or propose another version.",
    )


def _is_on_record(proposed: e.ReleaseProposed, state: Release) -> bool:
    """Whether the same was proposed before; what it replaces may be another release by now."""
    stated = ("change_class", "artefacts", "authors")
    same = all(getattr(proposed, name) == getattr(state, name) for name in stated)
    about = ((proposed.incident or None), proposed.summary or "")
    return same and about == (state.incident, state.summary)


def _require_person(sender: Sender) -> None:
    if not sender.in_person:
        raise Refused(
            "emergency_needs_person",
            "An emergency release is deployed before it is decided, so a person says what it is.",
            remedy="Log in, and propose or amend it in your own session.",
        )


def _require_emergency(command: c.ProposeRelease, states: States, sender: Sender) -> None:
    _require_person(sender)
    if command.incident is None:
        raise Invalid(
            "An emergency release is for an open incident.",
            errors=[("incident", "name the incident that it is for")],
        )
    incident: Incident = states[stream_id("incident", UUID(command.incident))]
    if incident.status is not Status.OPEN:
        raise Refused(
            "emergency_incident_open",
            f"The incident is {status_text(incident)}.",
            remedy="Name an open incident, or propose a release of another class.",
        )
    if system_id(incident.system) != system_id(command.system):
        raise Refused(
            "emergency_incident_of_system",
            f"The incident is of the system {incident.system!r}.",
            remedy=f"Name an open incident of {command.system!r}.",
        )


def attach(
    command: c.AttachEvidence,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Names evidence for a requirement. Raises Refused where it can never count for it."""
    state: Release = states[stream]
    require_open(state)
    asked = require_requirement(command.requirement, policy)
    evidence: Evidence = states[stream_id("evidence", UUID(command.evidence))]
    kinds = (*asked.evidence, *asked.first)
    if evidence.kind not in kinds:
        wanted = " or ".join(kinds) or "none"
        raise Refused(
            "evidence_kind",
            f"{asked.words} ({asked.id}) asks for evidence of kind {wanted}; this is of kind "
            f"{evidence.kind}.",
            remedy="Attach it to another requirement, or file evidence of that kind.",
        )
    if evidence.system is not None and system_id(evidence.system) != system_id(state.system):
        raise Refused(
            "evidence_of_another_system",
            f"The evidence is about the system {evidence.system!r}.",
            remedy=f"File it for {state.system!r}.",
        )
    if len(state.attached) >= c.MOST_ATTACHED:
        raise Refused(
            "most_attached",
            f"A release has at most {c.MOST_ATTACHED} pieces of evidence.",
            remedy="Detach what is not needed.",
        )
    if command.evidence in state.evidence_for(command.requirement):
        return ()
    attached = e.ReleaseEvidenceAttached(
        at=now,
        requirement=command.requirement,
        evidence=command.evidence,
        digest=evidence.digest,
    )
    return (Appended(stream, (attached,)),)


def decide(
    command: c.OwnStreamCommand, state: Release, policy: Policy, now: datetime, sender: Sender
) -> tuple[e.ReleaseEvent, ...]:
    """The events of a command that its own stream decides. Raises LedgerError."""
    match command:
        case c.MarkUndecided():
            late = state.decide_by is not None and state.decide_by <= now
            return (e.ReleaseUndecidedLate(at=command.at),) if late and not state.overdue else ()
        case c.RetireRelease():
            return _retire(command, state, now)
    require_open(state)
    match command:
        case c.AmendRelease():
            return _amend(command, state, policy, now, sender)
        case c.DetachEvidence():
            return _detach(command, state, now)
        case c.WaiveRequirement() | c.ExcludeRequirement():
            return _waive(command, state, policy, now, sender)
        case c.WithdrawSignOff():
            return _withdraw(command, state, now, sender)
        case _:
            assert_never(command)


def _amend(
    command: c.AmendRelease, state: Release, policy: Policy, now: datetime, sender: Sender
) -> tuple[e.ReleaseEvent, ...]:
    given = {name: value for name, value in asdict(command).items() if value is not None}
    reason = given.pop("reason")
    if not given:
        raise Invalid(
            "The amendment changes nothing.",
            errors=[("artefacts", "give at least one field beside the reason")],
        )
    if command.change_class is not None:
        of = require_class(command.change_class, policy)
        if of.emergency and state.incident is not None:
            _require_person(sender)
        elif of.emergency:
            raise Refused(
                "emergency_is_proposed",
                "A release becomes no emergency later: it is proposed as one, for an incident.",
                remedy="Propose another version of that class.",
            )
    if command.artefacts is not None:
        given["artefacts"] = artefacts(command.artefacts)
    before = policy.releases.change_classes.get(state.change_class)
    if {"artefacts", "change_class"} & set(given) and before is not None and before.emergency:
        _require_person(sender)
    if command.authors is not None:
        given["authors"] = tuple(command.authors)
        require_others(state.authors, command.authors, sender)
    changed = {name: value for name, value in given.items() if value != getattr(state, name)}
    return (e.ReleaseAmended(at=now, reason=reason, **changed),) if changed else ()


def _detach(command: c.DetachEvidence, state: Release, now: datetime) -> tuple[e.ReleaseEvent, ...]:
    if command.evidence not in state.evidence_for(command.requirement):
        return ()
    return (
        e.ReleaseEvidenceDetached(
            at=now,
            requirement=command.requirement,
            evidence=command.evidence,
            reason=command.reason,
        ),
    )


def _waive(
    command: c.WaiveRequirement | c.ExcludeRequirement,
    state: Release,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[e.ReleaseEvent, ...]:
    asked = require_requirement(command.requirement, policy)
    if asked.by == "sign_off":
        raise Refused(
            "sign_off_is_signed",
            f"{asked.words} ({asked.id}) is a sign-off: nothing stands in its place.",
            remedy="Have it signed by somebody in that role.",
        )
    role = require_role(command.role, state, policy, sender)
    require_no_author(state, sender.persons_in(role, state.system), f"waive {asked.id}")
    stated: dict[str, Any] = {
        "at": now,
        "requirement": command.requirement,
        "reason": command.reason,
        "person": sender.actor,
        "role": role,
    }
    if isinstance(command, c.ExcludeRequirement):
        return (e.RequirementExcluded(**stated),)
    if not asked.waivable:
        raise Refused(
            "requirement_not_waivable",
            f"The policy does not let {asked.words} ({asked.id}) be waived.",
            remedy="Meet it, or have a policy adopted in which it is waivable.",
        )
    until = in_utc(command.until)
    if not now < until <= now + LONGEST_WAIVER:
        raise Refused(
            "waiver_end",
            f"The waiver would end at {time_text(until)}; it is {time_text(now)} now.",
            remedy="Name an end that is to come, within 366 days.",
        )
    return (e.RequirementWaived(**stated, control=command.control, until=until),)


def _withdraw(
    command: c.WithdrawSignOff, state: Release, now: datetime, sender: Sender
) -> tuple[e.ReleaseEvent, ...]:
    mine = [
        each
        for each in state.sign_offs
        if each.role == command.role and not sender.persons.isdisjoint(each.persons)
    ]
    if not mine:
        raise Refused(
            "no_such_sign_off",
            f"There is no sign-off of yours as {command.role}.",
            remedy="See airledger release show.",
        )
    return tuple(
        e.ReleaseSignOffWithdrawn(at=now, role=each.role, person=each.person, reason=command.reason)
        for each in mine
    )


def _retire(command: c.RetireRelease, state: Release, now: datetime) -> tuple[e.ReleaseEvent, ...]:
    if state.retired:
        return ()
    if state.deployed is not None:
        raise Refused(
            "release_runs",
            f"{state.version} of {state.system} runs in {state.environment}.",
            remedy="Record with airledger release undeploy that it runs no more, then retire it.",
        )
    return (e.ReleaseRetired(at=now, reason=command.reason),)


def artefacts(given: list[GivenArtefact | str]) -> tuple[Artefact, ...]:
    """Artefacts in one order, however they were written. Raises Invalid."""
    found: dict[tuple[str, str], Artefact] = {}
    for number, each in enumerate(given):
        path = f"artefacts[{number}]"
        named = each if isinstance(each, GivenArtefact) else _written(path, each)
        artefact = Artefact(**asdict(named))
        if artefact.place in found:
            raise Invalid(
                f"The {artefact.kind.value} {artefact.name!r} is there twice.",
                errors=[(path, "name each artefact once")],
            )
        found[artefact.place] = artefact
    return tuple(found[place] for place in sorted(found))


def _written(path: str, text: str) -> GivenArtefact:
    try:
        return msgspec.convert(artefact_from_text(text), GivenArtefact)
    except ValueError as error:  # of msgspec as well
        raise Invalid(f"{text[:200]!r} is no artefact.", errors=[(path, str(error))]) from error
