"""One function a kind of request: load the states, let the domain decide, record its events."""

from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from ledger.domain import access as access_domain
from ledger.domain import policy as policy_domain
from ledger.domain.envelope import Event, stream_id
from ledger.domain.identity import access_of, source_of
from ledger.domain.incident import decide, decide_merge, decide_report
from ledger.domain.incident.commands import IncidentCommand
from ledger.domain.source import AlertsTruncated
from ledger.errors import IdempotencyKeyReused, NotFound, Refused
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.following import follow_log, look_at, require_at
from ledger.execute.once import CREATED, OK, once
from ledger.execute.taking import take_signals
from ledger.execute.work import POLICY_STREAM, Work
from ledger.store.records import (
    Person,
    QuarantineClosed,
    TokenRevoked,
    TokenRow,
)


def handle(request: q.Request, context: Context, work: Work) -> Outcome:
    """What a request comes to. Raises a LedgerError when it is refused.

    Where it was read from moves on with it, whatever it comes to.
    """
    if context.moved is None:
        return _handle(request, context, work)
    require_at(context.moved, work)
    outcome = _handle(request, context, work)
    work.notes.append(context.moved)
    return outcome


def _handle(request: q.Request, context: Context, work: Work) -> Outcome:
    match request:
        case q.TakeSignals():
            return _signals(request, context, work)
        case q.TakeBodies():
            return _bodies(request, work)
        case q.ReportIncident():
            return once(
                request.incident, CREATED, context, work, lambda: _report(request, context, work)
            )
        case q.CommandIncident():
            return once(
                request.incident,
                OK,
                context,
                work,
                lambda: _command(request.incident, request.command, context, work),
            )
        case q.MergeIncidents():
            return once(request.incident, OK, context, work, lambda: _merge(request, context, work))
        case q.TakePolicy():
            return _policy(request, context, work)
        case q.GrantAccess():
            return _grant(request, context, work)
        case q.RevokeAccess():
            return _revoke(request, context, work)
        case q.AdmitPerson():
            return _admit(request.person, work)
        case q.FollowLog():
            return follow_log(request, context, work)
        case q.LookAt():
            return look_at(request.watched, context, work)
        case _:
            assert_never(request)


def _bodies(request: q.TakeBodies, work: Work) -> Outcome:
    parts = tuple(_signals(part, context, work) for part, context in request.parts)
    return Outcome(
        recorded=sum(part.recorded for part in parts),
        repeats=sum(part.repeats for part in parts),
        events=sum(part.events for part in parts),
        parts=parts,
    )


def _signals(request: q.TakeSignals, context: Context, work: Work) -> Outcome:
    before = len(work.events)
    for note in request.notes:
        if isinstance(note, QuarantineClosed):
            _require_open(note, work)
        work.notes.append(note)
    outcome = take_signals(request.signals, context, work, ordered=request.ordered)
    if (cut := request.truncation) is not None and work.take_id("truncated", cut.id):
        stream = stream_id("source", source_of(request.source))
        event = AlertsTruncated(
            at=context.at, source=request.source, sender=cut.sender, missing=cut.missing
        )
        work.record(stream, event, context)
    return replace(outcome, events=len(work.events) - before)


def _require_open(closed: QuarantineClosed, work: Work) -> None:
    entry = work.store.quarantined(closed.id)
    if entry is None or entry.state != "open" or not work.claim("quarantine", closed.id):
        raise Refused(
            "not_open",
            f"The quarantine entry {closed.id} is not open any more.",
            remedy="Nothing is left to do with it; see airledger quarantine show.",
        )


def _report(request: q.ReportIncident, context: Context, work: Work) -> None:
    stream = stream_id("incident", request.incident)
    state = work.loaded(stream).state
    if state.status is not None and context.idempotency is not None:
        raise IdempotencyKeyReused(
            f"The Idempotency-Key {context.idempotency.key!r} reported an incident long ago.",
            remedy="Use a new key for a new report.",
        )
    events = decide_report(
        request.report,
        state,
        work.policy(),
        context.at,
        source=context.source,
    )
    _record(stream, events, context, work)


def _command(incident: UUID, command: IncidentCommand, context: Context, work: Work) -> None:
    stream = stream_id("incident", incident)
    state = work.loaded(stream).state
    if state.status is None:
        raise _no_incident(incident)
    events = decide(command, state, work.policy(), context.at)
    _record(stream, events, context, work)


def _merge(request: q.MergeIncidents, context: Context, work: Work) -> None:
    source, target = (stream_id("incident", of) for of in (request.incident, request.into))
    work.prefetch([source, target])
    for incident in (request.incident, request.into):
        if work.incident(incident).status is None:
            raise _no_incident(incident)
    merged, absorbed = decide_merge(
        request.reason,
        source=request.incident,
        merged=work.incident(request.incident),
        into=request.into,
        target=work.incident(request.into),
        now=context.at,
    )
    _record(source, merged, context, work)
    _record(target, absorbed, context, work)


def _policy(request: q.TakePolicy, context: Context, work: Work) -> Outcome:
    state = work.loaded(POLICY_STREAM).state
    if request.first and state.digest:
        return Outcome()
    events = policy_domain.decide(request.command, state, context.at)
    _record(POLICY_STREAM, events, context, work)
    return Outcome(events=len(events))


def _grant(request: q.GrantAccess, context: Context, work: Work) -> Outcome:
    grant = request.grant
    stream = stream_id("access", access_of(grant.holder_kind, grant.holder_name))
    events = access_domain.decide(grant, work.loaded(stream).state, context.at)
    _record(stream, events, context, work)
    row = TokenRow(
        digest=request.digest,
        holder_kind=grant.holder_kind,
        holder_name=grant.holder_name,
        holder=grant.holder,
        scope=grant.scope,
        source_kind=grant.source_kind,
        granted_at=context.at,
        signing=request.signing,
    )
    work.notes.append(row)
    return Outcome(events=len(events))


def _revoke(request: q.RevokeAccess, context: Context, work: Work) -> Outcome:
    revoke = request.revoke
    stream = stream_id("access", access_of(revoke.holder_kind, revoke.holder_name))
    events = access_domain.decide(revoke, work.loaded(stream).state, context.at)
    _record(stream, events, context, work)
    work.notes.append(TokenRevoked(holder_kind=revoke.holder_kind, holder_name=revoke.holder_name))
    return Outcome(events=len(events))


def _admit(person: Person, work: Work) -> Outcome:
    """A name that is kept already keeps the id it has."""
    people = work.store.people()
    if any(person.name == known.name for known in people):
        return Outcome()
    if person.os_user is not None and any(person.os_user == known.os_user for known in people):
        raise Refused(
            "os_user_in_use",
            f"The operating-system user {person.os_user!r} is somebody else here.",
            remedy="Admit the person without it.",
        )
    if work.claim("person", person.name):
        work.notes.append(person)
    return Outcome()


def _record(stream: str, events: tuple[Event, ...], context: Context, work: Work) -> None:
    causation = None
    for event in events:
        causation = work.record(stream, event, context, causation)


def _no_incident(incident: UUID) -> NotFound:
    return NotFound(f"There is no incident {incident}.", remedy="See airledger incidents.")
