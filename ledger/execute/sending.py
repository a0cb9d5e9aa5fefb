"""Notifications: one process claims the next try, and what it came to is recorded at once.

The event, the next time, and the incident's steps that it is (Risk Manager, ticket) are one
transaction. So are all notifications of one digest.
"""

from collections.abc import Iterator
from contextlib import suppress

from ledger.domain.delivery import DELIVERY, Delivered, Delivery, RecordNotNeeded
from ledger.domain.envelope import kind_of
from ledger.domain.incident.commands import (
    AcknowledgeByLink,
    IncidentCommand,
    NotifyRiskManager,
    OpenTicket,
)
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import Incident
from ledger.errors import Refused
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.policy.times import time_text
from ledger.store.side_records import Deadline, DeadlineChecked, DeadlineClaimed
from ledger.vocabulary import Status


def claim_sending(request: q.ClaimSending, context: Context, work: Work) -> Outcome:
    """Claims notifications; `Outcome.done` is False where another process did, or one is gone.

    It is also False where nobody need be told any more, which is recorded.
    """
    for of in request.deadlines:
        at = work.store.deadlines.times(of.kind, [of.subject]).get(of.subject)
        if at != time_text(of.at) or not work.claims.claim_once(
            "deadline", f"{of.kind}/{of.subject}"
        ):
            return Outcome(done=False)
    needless = [of for of in request.deadlines if not _is_needed(_state(of, work), work)]
    for of in needless:
        _record(of, RecordNotNeeded(), context, work)
        work.side_writes.append(
            DeadlineChecked(kind=of.kind, subject=of.subject, at=of.at, again=None)
        )
    if needless:
        return Outcome(done=False, events=len(needless))
    work.side_writes.extend(
        DeadlineClaimed(kind=of.kind, subject=of.subject, at=of.at, until=request.until)
        for of in request.deadlines
    )
    work.side_writes.extend(request.link)
    return Outcome()


def record_sending(request: q.RecordSending, context: Context, work: Work) -> Outcome:
    """Records a try, and when the next one is due: at once by a channel that it is passed on to."""
    before = len(work.events)
    for of in request.deadlines:
        channel = _state(of, work).channel
        _record(of, request.command, context, work)
        state = _state(of, work)
        again = None
        if state.is_open:
            again = request.again if state.channel == channel else context.at
        work.side_writes.append(
            DeadlineChecked(kind=of.kind, subject=of.subject, at=of.at, again=again)
        )
    return Outcome(events=len(work.events) - before)


def use_acknowledgement(request: q.UseAcknowledgement, context: Context, work: Work) -> Outcome:
    """Acknowledges the incident of a notification by its link, once.

    Raises Refused for a link that was used, and where the incident is not open.
    """
    before, secret = len(work.events), request.taken.digest
    if work.store.access.single_use(secret) is None or not work.claims.claim_once("link", secret):
        raise Refused("link_used", "This link was used before.", remedy="Nothing is to be done.")
    state: Delivery = work.states.loaded(DELIVERY.stream(request.delivery)).state
    command = AcknowledgeByLink(delivery=request.delivery)
    _tell_incident(state.about, command, None, context, work)
    work.side_writes.append(request.taken)
    return Outcome(events=len(work.events) - before)


def streams_of(request: q.ClaimSending | q.RecordSending) -> tuple[str, ...]:
    """The streams of the notifications."""
    return tuple(DELIVERY.stream(of.subject) for of in request.deadlines)


def streams_of_link(request: q.UseAcknowledgement) -> tuple[str, ...]:
    """The stream of the notification."""
    return (DELIVERY.stream(request.delivery),)


def _state(of: Deadline, work: Work) -> Delivery:
    state: Delivery = work.states.loaded(DELIVERY.stream(of.subject)).state
    return state


def _is_needed(delivery: Delivery, work: Work) -> bool:
    """Whether somebody is still to be told: nobody answered, and the incident is open."""
    since = delivery.unless_acknowledged_since
    if since is None:
        return True
    incident: Incident = work.states.loaded(delivery.about).state
    answered = incident.acknowledged_at is not None and incident.acknowledged_at >= since
    return incident.status is Status.OPEN and not answered


def _record(of: Deadline, command: object, context: Context, work: Work) -> None:
    stream = DELIVERY.stream(of.subject)
    state, causation = _state(of, work), None
    for event in DELIVERY.decided(command, state, work.policy(), context.at):
        causation = work.record(stream, event, context, causation)
        if isinstance(event, Delivered) and kind_of(state.about) == INCIDENT.kind:
            for step in _steps(event, state):
                with suppress(Refused):  # it is done, or may not be done any more
                    _tell_incident(state.about, step, causation, context, work)


def _steps(delivered: Delivered, state: Delivery) -> Iterator[IncidentCommand]:
    """The steps of an incident that a delivery is."""
    if state.tells_risk_manager:
        yield NotifyRiskManager(channel=delivered.channel, receipt=delivered.receipt)
    if delivered.ticket:
        yield OpenTicket(url=delivered.ticket)


def _tell_incident(
    about: str, command: IncidentCommand, causation: str | None, context: Context, work: Work
) -> None:
    state = work.states.loaded(about).state
    for event in INCIDENT.decided(command, state, work.policy(), context.at):
        work.record(about, event, context, causation)
