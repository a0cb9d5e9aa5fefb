"""The RCA before it is complete, and its approval after.

A preliminary RCA is recorded in any case; where the policy says so, the first one meets the
deadline, and the final one has a due time of its own (runbook section 7.5).
"""

from datetime import datetime

from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.rules import rca_completed_at
from ledger.domain.incident.state import Incident
from ledger.domain.incident.written import place_of, what_of
from ledger.domain.stream_type import Sender
from ledger.domain.text import Text
from ledger.errors import Refused
from ledger.policy import Policy

_RCA = what_of(e.RcaCompleted)
"""How a correction names a completed RCA."""


def decide_preliminary(
    command: c.RecordPreliminaryRca, state: Incident, policy: Policy, now: datetime
) -> tuple[e.IncidentEvent, ...]:
    """What is known so far; the same as before is nothing to do. Raises Refused once complete."""
    at = analysed_at(command.at, state, now, policy)
    found = e.RcaPreliminary(
        at=at,
        summary=command.summary,
        root_cause=command.root_cause,
        actions=actions_of(command),
        meets=policy.rca.preliminary_meets,
    )
    if state.preliminary is not None and _words(found) == _words(state.preliminary):
        return ()
    final = policy.final_rca(at) if state.preliminary_due is None else None
    if final is None:
        return (found,)
    due, at_risk_at = final
    met = replace(found, final_due=due, final_at_risk_at=at_risk_at)
    return (*overdue_by(now, state), met)


def decide_approve(
    command: c.ApproveRca, state: Incident, now: datetime, sender: Sender
) -> tuple[e.RcaApproved, ...]:
    """The completed RCA is approved by `sender`. Raises Refused where that may not be."""
    if state.rca_approved:
        return ()
    if state.rca_completed_at is None:
        raise Refused(
            "rca_not_complete",
            "The RCA is not complete.",
            remedy="Complete it first: rca complete.",
        )
    if not state.approval_authors:
        raise Refused(
            "rca_needs_no_approval",
            "The policy asked for no approval when the RCA was completed.",
            remedy="Nothing is to be approved.",
        )
    if not state.approval_authors.isdisjoint(sender.persons):
        raise Refused(
            "rca_approved_by_another",
            "Whoever completed an RCA does not approve it; a deputy counts as both persons.",
            remedy="Let another person approve it, logged in as himself.",
        )
    return (e.RcaApproved(at=now, comment=command.comment),)


def approval_anew(
    amended: tuple[e.Amended, ...], state: Incident, now: datetime, sender: Sender
) -> tuple[e.RcaApprovalRequested, ...]:
    """A corrected RCA waits for an approval anew: what was approved, or waits, is another text now.

    Whoever corrects it is an author as well, and does not approve it.
    """
    places = [place for each in amended if (place := place_of(each.field)) is not None]
    if not state.approval_authors or all(each.what != _RCA for each in places):
        return ()
    also = (state.approval_authors | sender.persons) - {sender.actor}
    return (e.RcaApprovalRequested(at=now, author=sender.actor, also=tuple(sorted(also)) or UNSET),)


def analysed_at(at: datetime | None, state: Incident, now: datetime, policy: Policy) -> datetime:
    """When an RCA was made: between detection and now. Raises Refused, also once it is complete."""
    if state.rca_completed_at is not None:
        raise Refused(
            "rca_already_complete",
            f"The RCA was completed at {state.rca_completed_at.isoformat()}.",
            remedy="Record what was learned since with playbook or communicate.",
        )
    return rca_completed_at(at, state, policy, now)


def overdue_by(now: datetime, state: Incident) -> tuple[e.RcaOverdue, ...]:
    """The mark that is owed before an RCA is recorded after its due time."""
    due = state.rca_due
    if due is None or now <= due or not state.owes_rca or due in state.overdue_marked:
        return ()
    return (e.RcaOverdue(at=due, due=due),)


def actions_of(command: c.CompleteRca | c.RecordPreliminaryRca) -> tuple[Text, ...]:
    """The actions, one text each."""
    actions = [command.actions] if isinstance(command.actions, str) else command.actions
    return tuple(action for action in actions if action)


def _words(of: e.RcaPreliminary) -> tuple[Text, Text, tuple[Text, ...]]:
    return of.summary, of.root_cause, of.actions
