"""Controls: what each came to when it was assessed, and what is to be assessed again.

The catalogue is the policy's: each system has its controls, and the organisation has its own. When
a standard changes, the controls that are mapped to it are to be re-assessed until a time. Source:
runbook sections 3 and 6 (policy update).
"""

from datetime import datetime
from uuid import UUID

from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.control.commands import (
    AssessControl,
    CallForReassessment,
    ControlCommand,
    MarkAssessmentExpired,
    MarkReassessmentOverdue,
    RetireControl,
)
from ledger.domain.control.decide import assess, decide, evidence_named, system_named
from ledger.domain.control.describing import describe
from ledger.domain.control.events import (
    ControlAssessed,
    ControlAssessmentExpired,
    ControlEvent,
    ControlReassessmentDue,
    ControlReassessmentOverdue,
    ControlRetired,
)
from ledger.domain.control.state import Control, Reassessment, evolve, worse_of
from ledger.domain.control.words import ControlStatus, Effect
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.identity import control_id
from ledger.domain.standard import OWN_ID
from ledger.domain.stream_type import CommandType, StreamType, by_own_name, members


def _named(text: str) -> UUID | None:
    """The control of a system (CONTROL@SYSTEM), or of the organisation (CONTROL)."""
    control, at, system = text.partition("@")
    if not OWN_ID.fullmatch(control) or (at and not system.strip()):
        return None
    return control_id(control, system if at else None)


CONTROL = StreamType(
    kind="control",
    initial=Control(),
    evolve=evolve,
    events=members(ControlEvent),
    decide=decide,
    commands={
        "assess": CommandType(
            body=AssessControl,
            title="Assess a control",
            done="assessed",
            opens=True,
            opens_as=lambda command: control_id(command.control, command.system),
            arguments=("control",),
            touches=lambda command: (command.system,) if command.system else (),
            renames=by_own_name,
            reads=evidence_named,
            checks=system_named,
            decide_over=assess,
            needs_person=True,
        ),
    },
    label="control",
    plural="controls",
    prefix="CTL",
    describe=describe,
    named=_named,
    by_name="CONTROL@SYSTEM, or CONTROL for the organisation's",
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)


def _next_reassessment(state: Control) -> datetime | None:
    return min((each.by for each in state.owed if not each.overdue), default=None)


def _marks_expired(state: Control) -> tuple[Command, ...]:
    return () if state.until is None else (MarkAssessmentExpired(until=state.until),)


REASSESSMENT_DUE = DeadlineType(
    name="control_reassessment",
    kind="control",
    label="re-assessment of a control",
    finds="overdue",
    sets={ControlReassessmentDue: lambda event: event.next_by or event.by},
    ends=frozenset({ControlAssessed, ControlRetired}),
    commands=lambda _: (MarkReassessmentOverdue(),),
    next_at=_next_reassessment,
)
"""A control is assessed again until the time that the change of a standard set."""

ASSESSMENT_EXPIRY = DeadlineType(
    name="control_assessment",
    kind="control",
    label="assessment of a control",
    finds="expired",
    sets={ControlAssessed: lambda event: event.until or None},
    ends=frozenset({ControlAssessed, ControlAssessmentExpired, ControlRetired}),
    commands=_marks_expired,
    next_at=lambda state: None if state.expired == state.until else state.until,
)
"""An assessment holds until a time, where one was named."""

__all__ = [
    "ASSESSMENT_EXPIRY",
    "CONTROL",
    "REASSESSMENT_DUE",
    "AssessControl",
    "CallForReassessment",
    "Control",
    "ControlAssessed",
    "ControlAssessmentExpired",
    "ControlCommand",
    "ControlEvent",
    "ControlReassessmentDue",
    "ControlReassessmentOverdue",
    "ControlRetired",
    "ControlStatus",
    "Effect",
    "MarkAssessmentExpired",
    "MarkReassessmentOverdue",
    "Reassessment",
    "RetireControl",
    "assess",
    "decide",
    "describe",
    "evolve",
    "worse_of",
]
