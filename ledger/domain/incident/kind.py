"""Incidents as a kind of stream: the commands from outside, under their names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.concern import Concern
from ledger.domain.envelope import id_of, stream_id
from ledger.domain.incident import commands as c
from ledger.domain.incident.decide import decide
from ledger.domain.incident.describing import describe
from ledger.domain.incident.events import IncidentEvent
from ledger.domain.incident.merging import decide_merge
from ledger.domain.incident.restricting import by_merge
from ledger.domain.incident.state import Incident, evolve
from ledger.domain.incident.written import FREE, place_of, texts_of, what_of
from ledger.domain.stream_type import (
    Appended,
    CommandType,
    OwnName,
    Sender,
    StreamType,
    by_own_name,
    members,
)
from ledger.policy import Policy
from ledger.vocabulary import Scope, Step


def _target(command: c.Merge) -> str:
    return stream_id("incident", UUID(command.into))


def _merge(
    command: c.Merge,
    stream: str,
    states: Mapping[str, Any],
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    target = _target(command)
    merged, absorbed = decide_merge(
        command.reason,
        source=UUID(id_of(stream)),
        merged=states[stream],
        into=UUID(command.into),
        target=states[target],
        now=now,
    )
    restricted = by_merge(states[stream], states[target], now)
    return (Appended(stream, merged), Appended(target, (*restricted, *absorbed)))


def _amend_by_own(command: c.Amend, own: OwnName) -> c.Amend:
    """A correction of the system names it by its own name."""
    named = _system_in(command)
    return replace(command, to=own(named[0])) if named else command


def _system_in(command: c.Amend) -> tuple[str, ...]:
    """The system that a correction names."""
    return (command.to,) if command.field == "system" and isinstance(command.to, str) else ()


def corrected_texts(field: str, state: Incident) -> tuple[Any, ...]:
    """What a correction of a field is compared with: the field, or all that a word names."""
    place = place_of(field)
    if place is None:
        return (getattr(state, field),) if field in FREE else ()
    return tuple(
        event for event in state.written.events.values() if what_of(type(event)) == place.what
    )


def _concerns(state: Incident) -> Concern:
    return Concern(frozenset({state.system}), state.worst_severity)


COMMANDS: Mapping[str, CommandType] = {
    "report": CommandType(
        body=c.Report,
        title="Report an incident",
        done="reported",
        opens=True,
        touches=lambda command: (command.system,),
        renames=by_own_name,
        scope=Scope.REPORT,
    ),
    "contain": CommandType(
        body=c.Contain,
        done="contained",
        arguments=("action",),
        compares=lambda _, state: state.contained,
    ),
    "communicate": CommandType(body=c.Communicate, done="communicated"),
    "classify": CommandType(body=c.Classify, done="classified", arguments=("category", "severity")),
    "ticket": CommandType(
        body=c.OpenTicket, title="Open ticket", done="ticket recorded", arguments=("url",)
    ),
    "notify": CommandType(
        body=c.NotifyRiskManager,
        title="Notify Risk Manager",
        done="Risk Manager notified",
        arguments=("channel",),
    ),
    "acknowledge": CommandType(body=c.Acknowledge, done="acknowledged"),
    "rollback/request": CommandType(
        body=c.RequestRollback,
        title="Request rollback",
        done="rollback requested",
        arguments=("reason",),
    ),
    "rollback/execute": CommandType(
        body=c.ExecuteRollback,
        title="Execute rollback",
        done="rolled back",
        arguments=("snapshot",),
    ),
    "rollback/fail": CommandType(
        body=c.FailRollback,
        title="Rollback failed",
        done="rollback failed",
        arguments=("snapshot",),
    ),
    "rca/start": CommandType(body=c.StartRca, title="Start RCA", done="RCA started"),
    "rca/complete": CommandType(
        body=c.CompleteRca, title="Complete RCA", done="RCA complete", decide_by=decide
    ),
    "rca/withdraw": CommandType(
        body=c.WithdrawRcaMark, title="Withdraw an RCA mark", done="mark withdrawn"
    ),
    "rca/preliminary": CommandType(
        body=c.RecordPreliminaryRca,
        title="Preliminary RCA",
        done="preliminary RCA recorded",
        compares=lambda _, state: state.preliminary,
    ),
    "rca/approve": CommandType(
        body=c.ApproveRca,
        title="Approve RCA",
        done="RCA approved",
        decide_by=decide,
        needs_person=True,
    ),
    "near-miss/declare": CommandType(
        body=c.DeclareNearMiss, title="Declare a near miss", done="near miss recorded"
    ),
    "near-miss/withdraw": CommandType(
        body=c.WithdrawNearMiss, title="No near miss after all", done="no near miss any more"
    ),
    "playbook/update": CommandType(
        body=c.UpdatePlaybook,
        title="Update playbook",
        done="playbook updated",
        arguments=("playbook", "change"),
        words="playbook",
    ),
    "waive": CommandType(
        body=c.WaiveStep, title="Waive a step", done="step waived", arguments=("step",)
    ),
    "step": CommandType(
        body=c.DoStep,
        title="Do a step of the policy",
        done="step done",
        arguments=("step",),
        compares=lambda command, state: state.notes.get(command.step),
    ),
    "assign": CommandType(
        body=c.Assign, title="Assign an owner", done="owner assigned", arguments=("owner",)
    ),
    "amend": CommandType(
        body=c.Amend,
        title="Correct a field",
        done="corrected",
        arguments=("field", "to"),
        touches=_system_in,
        renames=_amend_by_own,
        decide_by=decide,
        compares=lambda command, state: corrected_texts(command.field, state),
        corrects=True,
    ),
    "merge": CommandType(
        body=c.Merge,
        title="Merge into another",
        done="merged into {into}",
        arguments=("into",),
        reads=lambda command: (_target(command),),
        decide_over=_merge,
    ),
    "restrict": CommandType(body=c.Restrict, title="Restrict to some readers", done="restricted"),
    "unrestrict": CommandType(
        body=c.Unrestrict, title="Lift the restriction", done="restriction lifted"
    ),
    "resolve": CommandType(
        body=c.Resolve, title="End of the impact", done="end of the impact recorded"
    ),
    "dismiss": CommandType(
        body=c.Dismiss, done="dismissed", compares=lambda _, state: state.dismissed_for
    ),
    "close": CommandType(body=c.Close, done="closed"),
    "reopen": CommandType(body=c.Reopen, done="reopened"),
    "note": CommandType(body=c.Note, title="Add a note", done="noted", arguments=("text",)),
}

STEP_COMMANDS: Mapping[str, str] = {
    Step.CONTAIN: "contain",
    Step.COMMUNICATE: "communicate",
    Step.CLASSIFY: "classify",
    Step.TICKET: "ticket",
    Step.NOTIFY_RISK_MANAGER: "notify",
    Step.ROLLBACK: "rollback/execute",
    Step.RCA: "rca/complete",
    Step.PLAYBOOK: "playbook/update",
}
"""The command that does a step of the runbook."""


def command_of(step: str) -> str:
    """The command that does a step, of the runbook or of the policy."""
    return STEP_COMMANDS.get(step, "step")


INCIDENT = StreamType(
    kind="incident",
    initial=Incident(),
    evolve=evolve,
    events=members(IncidentEvent),
    decide=decide,
    commands=COMMANDS,
    label="incident",
    plural="incidents",
    prefix="INC",
    groups={
        "rollback": "Request a rollback, and say how it went.",
        "rca": "The root cause analysis: preliminary, complete, approved; withdraw a wrong mark.",
        "near-miss": "Say that it did no harm, or that it is an incident after all.",
    },
    describe=describe,
    concerns=_concerns,
    texts_of=texts_of,
)
