"""The rules of an incident: a command becomes events, nothing, or a refusal that names its rule.

After detection the steps may come in any order, as they do in life; closing needs every one of
them done, waived or not applicable.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import assert_never

from msgspec import UNSET

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident import owing
from ledger.domain.incident.amending import decide_amend
from ledger.domain.incident.near_miss import declare_near_miss, withdraw_near_miss
from ledger.domain.incident.preliminary import (
    actions_of,
    analysed_at,
    approval_anew,
    decide_approve,
    decide_preliminary,
    overdue_by,
)
from ledger.domain.incident.restricting import by_policy, decide_restrict, decide_unrestrict
from ledger.domain.incident.rules import counts, occurred_at, require_known, require_open
from ledger.domain.incident.state import Incident, evolve
from ledger.domain.incident.stepping import decide_step, decide_waive, may_waive
from ledger.domain.incident.steps import pending
from ledger.domain.incident.withdrawing import decide_withdraw
from ledger.domain.stream_type import NOBODY, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.vocabulary import Impact, Status

Events = tuple[e.IncidentEvent, ...]


def decide(
    command: c.IncidentCommand,
    state: Incident,
    policy: Policy,
    now: datetime,
    sender: Sender = NOBODY,
) -> Events:
    """The events that a command causes now; `()` when there is nothing to do. Raises Refused.

    `sender` is who sends it: who writes an RCA does not approve it. What gives the incident a
    system or a category may restrict it.
    """
    events = _decide(command, state, policy, now, sender)
    if isinstance(command, c.Report | c.Classify | c.Amend):
        after = reduce(evolve, events, state)
        events += by_policy(state, after, policy, now)
    return events


def _decide(
    command: c.IncidentCommand, state: Incident, policy: Policy, now: datetime, sender: Sender
) -> Events:
    match command:
        case c.Report():
            return _report(command, state, policy, now)
        case c.Amend():
            amended = decide_amend(command, state, policy, now)
            return (*amended, *approval_anew(amended, state, now, sender))
        case c.Note():
            require_known(state)
            return (e.Noted(at=now, text=command.text),)
        case c.Restrict():
            return decide_restrict(command, state, now)
        case c.Unrestrict():
            return decide_unrestrict(command, state, now)
        case c.Reopen():
            return _reopen(command, state, now)
        case c.Resolve():
            require_known(state)
            return _resolve(command, state, policy, now)
        case c.MarkRcaAtRisk() | c.MarkRcaOverdue():
            return _mark(command, state, now)
        case c.WithdrawRcaMark():
            return decide_withdraw(command, state, now)
        case c.Close() if state.status is Status.CLOSED:
            return ()
        case c.Dismiss() if state.status is Status.DISMISSED:
            if command.reason == state.dismissed_for:
                return ()
    require_open(state)
    match command:
        case c.Contain():
            return _contain(command, state, policy, now)
        case c.Communicate():
            at = occurred_at("been communicated", command.at, now, policy)
            return (e.Communicated(at=at, audience=command.audience, message=command.message),)
        case c.Classify():
            return _classify(command, state, policy, now)
        case c.OpenTicket():
            return (
                () if command.url in state.tickets else (e.TicketOpened(at=now, url=command.url),)
            )
        case c.NotifyRiskManager():
            return _notify(command, state, policy, now)
        case c.Acknowledge():
            return (e.Acknowledged(at=now),)
        case c.AcknowledgeByLink():
            used = command.delivery in state.links_used
            return () if used else (e.Acknowledged(at=now, delivery=command.delivery),)
        case c.RequestRollback():
            return (e.RollbackRequested(at=now, reason=command.reason, target=command.target),)
        case c.ExecuteRollback():
            at = occurred_at("been rolled back", command.at, now, policy)
            return (e.RollbackExecuted(at=at, snapshot=command.snapshot),)
        case c.FailRollback():
            at = occurred_at("been rolled back", command.at, now, policy)
            return (e.RollbackFailed(at=at, snapshot=command.snapshot),)
        case c.StartRca():
            return () if state.rca_started else (e.RcaStarted(at=now),)
        case c.CompleteRca():
            return _complete_rca(command, state, policy, now, sender)
        case c.RecordPreliminaryRca():
            return decide_preliminary(command, state, policy, now)
        case c.ApproveRca():
            return decide_approve(command, state, now, sender)
        case c.DeclareNearMiss():
            return declare_near_miss(command, state, now)
        case c.WithdrawNearMiss():
            return withdraw_near_miss(command, state, policy, now)
        case c.UpdatePlaybook():
            return (e.PlaybookUpdated(at=now, playbook=command.playbook, change=command.change),)
        case c.WaiveStep():
            return decide_waive(command, state, policy, now)
        case c.DoStep():
            return decide_step(command, state, policy, now)
        case c.Assign():
            if command.owner == state.owner:
                return ()
            return (e.OwnerAssigned(at=now, owner=command.owner),)
        case c.Dismiss():
            return (e.Dismissed(at=now, reason=command.reason),)
        case c.Close():
            return _close(command, state, policy, now)
        case _:
            assert_never(command)


def _report(command: c.Report, state: Incident, policy: Policy, now: datetime) -> Events:
    """A person's or program's report opens an incident; reporting it again is nothing to do."""
    if state.status is not None:
        return ()
    detected_at = occurred_at("been detected", command.detected_at, now, policy)
    ended = command.impact_ended_at
    if ended is not None:
        ended = occurred_at("ended", ended, now, policy)
    elif command.near_miss:
        ended = detected_at  # it did no harm, so none goes on
    detected = e.IncidentDetected(
        at=detected_at,
        title=command.title,
        system=command.system,
        severity=command.severity,
        source=command.source or "",
        basis="report",
        month=policy.month_of(detected_at),
        rca_due=policy.rca_due(detected_at, None, command.severity),
        at_risk_at=policy.rca_at_risk_at(detected_at, None, command.severity),
        counts=not command.near_miss and policy.counts(command.severity),
        description=command.description,
        external_id=command.external_id,
        impact_ended_at=ended,
        steps=owing.at_detection(policy, None, command.severity),
        system_action=command.system_action or UNSET,
    )
    return (detected, e.NearMissDeclared(at=now)) if command.near_miss else (detected,)


def _contain(command: c.Contain, state: Incident, policy: Policy, now: datetime) -> Events:
    if (done := state.contained) is not None:
        if command.action == done.action and command.at in {None, done.at}:
            return ()
        raise Refused(
            "already_contained",
            f"The incident was contained at {done.at.isoformat()}.",
            remedy="Record further actions with communicate.",
        )
    return (
        e.Contained(
            at=occurred_at("been contained", command.at, now, policy), action=command.action
        ),
    )


def _classify(command: c.Classify, state: Incident, policy: Policy, now: datetime) -> Events:
    second = command.secondary_category
    if second == command.category:
        raise Invalid(
            f"The secondary category {second} is the category itself.",
            errors=[("secondary_category", "expected another one than the category, or none")],
        )
    given = (command.category, command.severity, second)
    if (state.category, state.severity, state.secondary_category) == given:
        return ()
    owing.require_category(command.category, policy)
    if second is not None:
        owing.require_category(second, policy, "secondary_category")
    due = owing.moved_due(state, policy, command.category, command.severity, now)
    return (
        e.Classified(
            at=now,
            category=command.category,
            severity=command.severity,
            reason=command.reason,
            counts=counts(state, command.severity, policy),
            label=owing.label_of(command.category, policy),
            rca_due=due.at if due else UNSET,
            at_risk_at=due.at_risk_at if due else UNSET,
            steps=owing.added_by(state, policy, command.category, command.severity),
            secondary_category=second or UNSET,
            secondary_label=UNSET if second is None else owing.label_of(second, policy),
        ),
    )


def _notify(command: c.NotifyRiskManager, state: Incident, policy: Policy, now: datetime) -> Events:
    at = occurred_at("been notified", command.at, now, policy)
    if (command.channel, command.receipt) in state.notified:
        return ()
    return (e.RiskManagerNotified(at=at, channel=command.channel, receipt=command.receipt),)


def _complete_rca(
    command: c.CompleteRca, state: Incident, policy: Policy, now: datetime, sender: Sender
) -> Events:
    at = analysed_at(command.at, state, now, policy)
    completed = e.RcaCompleted(
        at=at,
        summary=command.summary,
        root_cause=command.root_cause,
        actions=actions_of(command),
    )
    if policy.rca.final_needs_approval:
        also = tuple(sorted(sender.persons - {sender.actor}))
        requested = e.RcaApprovalRequested(at=now, author=sender.actor, also=also or UNSET)
        return (*overdue_by(now, state), completed, requested)
    return (*overdue_by(now, state), completed)


def _mark(command: c.MarkRcaAtRisk | c.MarkRcaOverdue, state: Incident, now: datetime) -> Events:
    """The clock's marks never refuse: what they found may have changed in between."""
    due, at_risk_at = command.due, state.at_risk_at
    if not state.owes_rca or due != state.rca_due:
        return ()
    if isinstance(command, c.MarkRcaOverdue):
        if now <= due or due in state.overdue_marked:  # complete at the due time is met
            return ()
        return (e.RcaOverdue(at=due, due=due),)
    if at_risk_at is None or now < at_risk_at or due in state.at_risk_marked:
        return ()
    return (e.RcaAtRisk(at=at_risk_at, due=due),)


def _resolve(command: c.Resolve, state: Incident, policy: Policy, now: datetime) -> Events:
    """In any status: people may state an end that no alert reports, also of a closed incident."""
    at = occurred_at("ended", command.at, now, policy)
    if state.impact is Impact.ENDED and state.end is not None:
        if at == state.end:
            return ()
        raise Refused(
            "impact_ended",
            f"The impact ended at {state.end.isoformat()}.",
            remedy="Correct that time: amend impact_ended_at, with a reason.",
        )
    if state.started_at is not None and at < state.started_at:
        raise Refused(
            "ends_after_start",
            f"The impact cannot have ended at {at.isoformat()}: it began at "
            f"{state.started_at.isoformat()}.",
            remedy="Give a time between its start and now.",
        )
    return (e.ImpactResolved(at=at, reason=command.reason),)


def _close(command: c.Close, state: Incident, policy: Policy, now: datetime) -> Events:
    if left := pending(state.steps):
        raise Refused(
            "steps_pending",
            f"Closing needs every step done, waived or not applicable; pending: {', '.join(left)}.",
            remedy=_next_of(left, state, policy),
        )
    reason = command.reason.strip()
    if state.impact is not Impact.ENDED and not reason:
        how = "goes on" if state.impact is Impact.ONGOING else "may go on: nobody hears of it"
        raise Refused(
            "impact_not_ended",
            f"The impact of the incident {how}.",
            remedy="State when it ended, with resolve, or close it with a reason.",
        )
    return (e.Closed(at=now, reason=reason or UNSET),)


def _next_of(left: Sequence[str], state: Incident, policy: Policy) -> str:
    """What to do about these pending steps: all but the RCA, and what a policy says, are waived."""
    owed = [step for step in left if not may_waive(step, state, policy)]
    others = [step for step in left if step not in owed]
    if left[0] in others:
        last = f"; {' and '.join(owed)} cannot be waived." if owed else "."
        return f"Do {left[0]} next, or waive it with a reason{last}"
    last = f"; {', '.join(others)} can be, with a reason." if others else "."
    return f"Do {left[0]} next, which cannot be waived{last}"


def _reopen(command: c.Reopen, state: Incident, now: datetime) -> Events:
    require_known(state)
    if state.status is Status.OPEN:
        raise Refused(
            "incident_open", "The incident is open already.", remedy="Nothing is to be reopened."
        )
    return (e.Reopened(at=now, reason=command.reason),)
