"""The rules of controls: each command gives the events that it causes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from msgspec import UNSET

from ledger.domain.control import commands as c
from ledger.domain.control import events as e
from ledger.domain.control.state import Control
from ledger.domain.control.words import Effect
from ledger.domain.envelope import id_of, stream_id
from ledger.domain.evidence.approval import status_at
from ledger.domain.evidence.state import Evidence
from ledger.domain.evidence.words import EvidenceStatus
from ledger.domain.identity import system_id
from ledger.domain.stream_type import NOBODY, Appended, Sender
from ledger.domain.system import System
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.policy.times import in_utc, time_text


def decide(
    command: c.ControlCommand,
    state: Control,
    policy: Policy,
    now: datetime,
    sender: Sender = NOBODY,
) -> tuple[e.ControlEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.AssessControl():
            _require_catalogued(command, policy)
            return _assess(command, state, now, sender.actor)
        case c.CallForReassessment():
            return _call(command, state, now)
        case c.RetireControl():
            return _retire(command, state)
        case c.MarkReassessmentOverdue():
            return _overdue(state, now)
        case c.MarkAssessmentExpired():
            return _expired(state, now) if command.until == state.until else ()
        case _:
            assert_never(command)


def evidence_named(command: c.AssessControl) -> tuple[str, ...]:
    """The streams of the evidence that a command names."""
    return tuple(dict.fromkeys(stream_id("evidence", UUID(each)) for each in command.evidence))


def system_named(command: c.AssessControl) -> tuple[str, ...]:
    """The stream of the system that a command names; it may have no event."""
    return () if command.system is None else (stream_id("system", system_id(command.system)),)


def assess(
    command: c.AssessControl,
    stream: str,
    states: Mapping[str, Any],
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """Assesses a control of a system that is on record, by evidence that counts. Raises Refused."""
    decided = decide(command, states[stream], policy, now, sender)
    for name in system_named(command):
        system: System = states[name]
        if not system.system or system.retired:
            raise Refused(
                "control_of_registered",
                f"The system {command.system!r} "
                f"{'was retired' if system.retired else 'is not registered'}: its controls are not "
                "assessed.",
                remedy="Name a registered system, as airledger systems lists them.",
            )
    for name in evidence_named(command):
        if why := _unfit(states[name], command.system, now):
            raise Refused(
                "control_evidence_counts",
                f"The evidence {id_of(name)} {why}, and backs no assessment.",
                remedy="Name evidence that counts, as airledger evidence list has it.",
            )
    return (Appended(stream, decided),)


def _unfit(evidence: Evidence, system: str | None, now: datetime) -> str:
    """Why evidence backs no assessment of a system; empty where it does."""
    status = status_at(evidence, now)
    if status is not EvidenceStatus.FILED:
        return f"is {status.label.lower()}"
    if any(not each.approved for each in evidence.decisions):
        return "was rejected"
    of = evidence.system
    if of is not None and system is not None and system_id(of) != system_id(system):
        return f"is about the system {of!r}"
    return ""


def _require_catalogued(command: c.AssessControl, policy: Policy) -> None:
    """The control is in the policy's catalogue, and the system is named where each has it."""
    known = policy.controls.get(command.control)
    if known is None:
        names = ", ".join(policy.controls) or "none"
        raise Invalid(
            f"There is no control {command.control!r}."
            f"{did_you_mean(command.control, policy.controls)}",
            errors=[("control", f"expected one of {names}")],
            remedy="Name one of these, or add it to the policy's controls.",
        )
    if known.scope == "system" and command.system is None:
        raise Refused(
            "control_of_systems",
            f"Each system has the control {command.control} of its own, and no system is named.",
            remedy="Name the system.",
        )
    if known.scope == "organisation" and command.system is not None:
        raise Refused(
            "control_of_organisation",
            f"The organisation has the control {command.control}, and no system has one of its "
            "own.",
            remedy="Leave out the system.",
        )


def _assess(
    command: c.AssessControl, state: Control, now: datetime, person: str
) -> tuple[e.ControlEvent, ...]:
    not_applicable = {each is Effect.NOT_APPLICABLE for each in (command.design, command.operating)}
    if len(not_applicable) > 1:
        raise Refused(
            "control_applies_or_not",
            "A control either applies, as designed and in operation, or it does not.",
            remedy="Say not_applicable of both, or of neither.",
        )
    until = in_utc(command.until) if command.until else None
    if until is not None and until <= now:
        raise Refused(
            "assessed_until_later",
            f"The assessment would have ended at {time_text(until)}.",
            remedy="Name a time that is still to come, or none.",
        )
    assessed = e.ControlAssessed(
        at=now,
        control=command.control,
        system=command.system or UNSET,
        person=person,
        design=command.design,
        operating=command.operating,
        evidence=tuple(dict.fromkeys(command.evidence)),
        until=until or UNSET,
        notes=command.notes or UNSET,
    )
    # The clock may not have been there yet, and has nothing to mark any more.
    return (*_overdue(state, now), *_expired(state, now), assessed)


def _call(
    command: c.CallForReassessment, state: Control, now: datetime
) -> tuple[e.ControlEvent, ...]:
    """One re-assessment a change, however often it is called for; none if it was done meanwhile."""
    if command.leaf in state.asked or state.assessments > command.assessments or state.retired:
        return ()
    waiting = [each.by for each in state.owed if not each.overdue and each.by < command.by]
    due = e.ControlReassessmentDue(
        at=command.at,
        control=command.control,
        system=command.system or UNSET,
        standard=command.standard,
        by=command.by,
        leaf=command.leaf,
        next_by=min(waiting, default=UNSET),
    )
    return (due,)


def _retire(command: c.RetireControl, state: Control) -> tuple[e.ControlEvent, ...]:
    """Ends what is owed of a control that is on record; what was late by then stays marked."""
    if not state.control or state.retired:
        return ()
    retired = e.ControlRetired(at=command.at)
    return (*_overdue(state, command.at), *_expired(state, command.at), retired)


def _overdue(state: Control, now: datetime) -> tuple[e.ControlReassessmentOverdue, ...]:
    """The marks of re-assessments that are not done at their times, each time once."""
    late = {each.by for each in state.owed if each.by <= now and not each.overdue}
    return tuple(e.ControlReassessmentOverdue(at=by, by=by) for by in sorted(late))


def _expired(state: Control, now: datetime) -> tuple[e.ControlAssessmentExpired, ...]:
    """The mark of an assessment that ended; once."""
    until = state.until
    if until is None or now < until or state.expired == until:
        return ()
    return (e.ControlAssessmentExpired(at=until, until=until),)
