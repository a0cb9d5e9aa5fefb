"""When the clock has to check an incident's root cause analysis (runbook section 7.5)."""

from datetime import datetime

from ledger.domain.command import Command
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.incident import events as e
from ledger.domain.incident.commands import MarkRcaAtRisk, MarkRcaOverdue
from ledger.domain.incident.state import Incident


def next_deadline(state: Incident) -> datetime | None:
    """The next time at which the RCA is at risk or overdue and was not marked so.

    None where nothing is left to mark: the RCA is complete, no longer owed, or marked as both for
    the due time in force.
    """
    due, at_risk_at = state.rca_due, state.at_risk_at
    if not state.owes_rca or due is None:
        return None
    if at_risk_at is not None and due not in state.at_risk_marked:
        return at_risk_at
    return due if due not in state.overdue_marked else None


def _marks(state: Incident) -> tuple[Command, ...]:
    due = state.rca_due
    return () if due is None else (MarkRcaAtRisk(due=due), MarkRcaOverdue(due=due))


def _detected(event: e.IncidentDetected) -> datetime | None:
    """An imported incident's RCA is history."""
    return None if event.basis == e.IMPORTED else event.at_risk_at


RCA = DeadlineType(
    name="rca",
    kind="incident",
    label="root cause analysis of incident",
    finds="at risk or overdue",
    sets={
        e.IncidentDetected: _detected,
        e.Amended: lambda event: event.at_risk_at,
        e.Classified: lambda event: event.at_risk_at or None,
        # At once, by the event's own time: the recording time may lie in the future, where a wrong
        # clock recorded an earlier event of the stream.
        e.Reopened: lambda event: event.at,
        e.RcaMarkWithdrawn: lambda event: event.at,
        e.NearMissWithdrawn: lambda event: event.at,
        e.RcaPreliminary: lambda event: event.final_at_risk_at,
    },
    ends=frozenset({e.RcaCompleted, e.Merged, e.Dismissed, e.NearMissDeclared}),
    commands=_marks,
    next_at=next_deadline,
)
"""An incident's root cause analysis: at risk, then overdue."""
