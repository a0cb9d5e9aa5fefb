"""Notifications: one process claims the next try, and what it came to is recorded at once.

The event, the next time, and the incident's steps that it is (Risk Manager, ticket) are one
transaction.
"""

from collections.abc import Iterator
from contextlib import suppress

from ledger.domain.delivery import DELIVERY, Delivered, Delivery
from ledger.domain.envelope import kind_of, uuid_of
from ledger.domain.incident.commands import NotifyRiskManager, OpenTicket
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import Refused
from ledger.execute import requests as q
from ledger.execute.commands import execute_caused
from ledger.execute.context import Context, Outcome
from ledger.execute.requests import CausedCommand
from ledger.execute.unit_of_work import Work
from ledger.policy.times import time_text
from ledger.store.side_records import DeadlineChecked, DeadlineClaimed


def claim_deadline(request: q.ClaimDeadline, _: Context, work: Work) -> Outcome:
    """Claims a deadline; `Outcome.done` is False where another process did, or it is gone."""
    of = request.deadline
    at = work.store.deadlines.times(of.kind, [of.subject]).get(of.subject)
    if at != time_text(of.at) or not work.claims.claim_once("deadline", f"{of.kind}/{of.subject}"):
        return Outcome(done=False)
    work.side_writes.append(
        DeadlineClaimed(kind=of.kind, subject=of.subject, at=of.at, until=request.until)
    )
    return Outcome()


def record_sending(request: q.RecordSending, context: Context, work: Work) -> Outcome:
    """Records a try, and when the next one is due."""
    of, before = request.deadline, len(work.events)
    stream = DELIVERY.stream(of.subject)
    state: Delivery = work.states.loaded(stream).state
    causation = None
    for event in DELIVERY.decided(request.command, state, work.policy(), context.at):
        causation = work.record(stream, event, context, causation)
        if isinstance(event, Delivered):
            for step in _steps(event, state):
                _record_step(state.about, step, causation, context, work)
    is_open = work.states.loaded(stream).state.is_open
    again = request.again if is_open else None
    work.side_writes.append(
        DeadlineChecked(kind=of.kind, subject=of.subject, at=of.at, again=again)
    )
    return Outcome(events=len(work.events) - before)


def streams_of(request: q.RecordSending) -> tuple[str, ...]:
    """The stream of the notification."""
    return (DELIVERY.stream(request.deadline.subject),)


def _steps(delivered: Delivered, state: Delivery) -> Iterator[NotifyRiskManager | OpenTicket]:
    """The steps of an incident that a delivery is."""
    if state.tells_risk_manager:
        yield NotifyRiskManager(channel=delivered.channel, receipt=delivered.receipt)
    if delivered.ticket:
        yield OpenTicket(url=delivered.ticket)


def _record_step(
    about: str,
    command: NotifyRiskManager | OpenTicket,
    causation: str,
    context: Context,
    work: Work,
) -> None:
    """Records a step of the incident that it is about, unless that is done or may not be."""
    if kind_of(about) != INCIDENT.kind:
        return
    step = CausedCommand(
        kind=INCIDENT.kind,
        subject=uuid_of(about),
        command=command,
        correlation=context.correlation,
        causation=causation,
        policy_digest="",
    )
    with suppress(Refused):
        execute_caused(step, context, work)
