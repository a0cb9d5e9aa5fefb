"""One function a kind of request: load the states, let the domain decide, record its events."""

from collections.abc import Callable
from datetime import timedelta
from typing import assert_never
from uuid import UUID

import msgspec

from ledger.domain import access as access_domain
from ledger.domain import policy as policy_domain
from ledger.domain.envelope import Event, stream_id
from ledger.domain.identity import access_of, source_of
from ledger.domain.incident import decide, decide_merge, decide_report
from ledger.domain.incident.commands import IncidentCommand
from ledger.domain.source import AlertsTruncated
from ledger.errors import IdempotencyKeyReused, NotFound, StaleVersion
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.taking import take_signals
from ledger.execute.work import POLICY_STREAM, Work
from ledger.store.records import IdempotentAnswer, TokenRevoked, TokenRow

IDEMPOTENCY_KEPT = timedelta(days=7)
CREATED, OK = 201, 200


def handle(request: q.Request, context: Context, work: Work) -> Outcome:
    """What a request comes to. Raises a LedgerError when it is refused."""
    match request:
        case q.TakeSignals():
            return _signals(request, context, work)
        case q.ReportIncident():
            return _once(request.incident, CREATED, context, work, lambda: _report(request, context, work))
        case q.CommandIncident():
            return _once(
                request.incident,
                OK,
                context,
                work,
                lambda: _command(request.incident, request.command, context, work),
            )
        case q.MergeIncidents():
            return _once(request.incident, OK, context, work, lambda: _merge(request, context, work))
        case q.TakePolicy():
            return _policy(request, context, work)
        case q.GrantAccess():
            return _grant(request, context, work)
        case q.RevokeAccess():
            return _revoke(request, context, work)
        case q.AdmitPerson():
            work.notes.append(request.person)
            return Outcome()
        case _:
            assert_never(request)


def _signals(request: q.TakeSignals, context: Context, work: Work) -> Outcome:
    before = len(work.events)
    work.notes.extend(request.notes)
    outcome = take_signals(request.signals, context, work)
    if (cut := request.truncation) is not None:
        if work.take_id("truncated", cut.id):
            stream = stream_id("source", source_of(request.source))
            event = AlertsTruncated(
                at=context.at, source=request.source, sender=cut.sender, missing=cut.missing
            )
            work.record(stream, event, context)
    return msgspec.structs.replace(outcome, events=len(work.events) - before)


def _once(incident: UUID, status: int, context: Context, work: Work, act: Callable[[], None]) -> Outcome:
    """Runs a command, at most once per idempotency key, and tells where its incident stands."""
    key = context.idempotency
    if key is not None:
        before = work.store.answer(key.token, key.key)
        if before is not None and context.at - before.at <= IDEMPOTENCY_KEPT:
            if before.request != key.request:
                raise IdempotencyKeyReused(
                    f"The Idempotency-Key {key.key!r} came with another body before.",
                    remedy="Use a new key for a new request.",
                )
            return Outcome(
                incident=before.incident, version=before.version, replayed=before.status
            )
    stream = stream_id("incident", incident)
    if context.if_match is not None and work.loaded(stream).version != context.if_match:
        raise StaleVersion(
            f"The incident is at version {work.loaded(stream).version}, not {context.if_match}.",
            remedy="Read it again, and decide on what it is now.",
        )
    first = len(work.events)
    act()
    version = work.loaded(stream).version
    if key is not None:
        answer = IdempotentAnswer(
            token=key.token,
            key=key.key,
            request=key.request,
            incident=incident,
            status=status,
            version=version,
            at=context.at,
        )
        work.notes.append(answer)
    return Outcome(incident=incident, version=version, events=len(work.events) - first)


def _report(request: q.ReportIncident, context: Context, work: Work) -> None:
    stream = stream_id("incident", request.incident)
    events = decide_report(
        request.report,
        work.loaded(stream).state,
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
    )
    work.notes.append(row)
    return Outcome(events=len(events))


def _revoke(request: q.RevokeAccess, context: Context, work: Work) -> Outcome:
    revoke = request.revoke
    stream = stream_id("access", access_of(revoke.holder_kind, revoke.holder_name))
    events = access_domain.decide(revoke, work.loaded(stream).state, context.at)
    _record(stream, events, context, work)
    work.notes.append(
        TokenRevoked(holder_kind=revoke.holder_kind, holder_name=revoke.holder_name)
    )
    return Outcome(events=len(events))


def _record(stream: str, events: tuple[Event, ...], context: Context, work: Work) -> None:
    causation = None
    for event in events:
        causation = work.record(stream, event, context, causation)


def _no_incident(incident: UUID) -> NotFound:
    return NotFound(f"There is no incident {incident}.", remedy="See airledger incidents.")
