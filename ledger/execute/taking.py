"""Signals in bulk: prefetch what a body's signals may touch, then decide one after the other."""

from uuid import UUID

from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_of
from ledger.domain.signals import Standing, group_for, take
from ledger.execute.context import Context, Outcome
from ledger.execute.work import POLICY_STREAM, Work
from ledger.policy import Policy


def take_signals(signals: tuple[Signal, ...], context: Context, work: Work) -> Outcome:
    """Records what is new in `signals`; a repeat is nothing to do."""
    if not signals:
        return Outcome()
    policy = work.policy()
    named = [(s, alert_of(s.source, s.dedup_key), group_for(s, policy)) for s in signals]
    _prefetch(named, work)
    recorded = 0
    incidents: dict[UUID, None] = {}
    for signal, alert, group in named:
        incident, is_new = _take(signal, alert, group, policy, context, work)
        recorded += is_new
        if incident is not None:
            incidents[incident] = None
    return Outcome(
        recorded=recorded, repeats=len(signals) - recorded, incidents=tuple(incidents)
    )


def _prefetch(named: list[tuple[Signal, UUID, UUID]], work: Work) -> None:
    alerts = [stream_id("alert", alert) for _, alert, _ in named]
    groups = [stream_id("alert_group", group) for _, _, group in named]
    work.prefetch([POLICY_STREAM, *alerts, *groups])
    incidents = {work.loaded(stream).state.incident for stream in alerts}
    incidents |= {work.loaded(stream).state.newest for stream in groups}
    work.prefetch(stream_id("incident", incident) for incident in incidents if incident)


def _take(
    signal: Signal, alert: UUID, group: UUID, policy: Policy, context: Context, work: Work
) -> tuple[UUID | None, bool]:
    if signal.own_id is not None and not work.take_id(f"signal/{signal.source}", signal.own_id):
        return None, False
    alert_state = work.loaded(stream_id("alert", alert)).state
    group_state = work.loaded(stream_id("alert_group", group)).state
    standing = Standing(
        alert=alert_state,
        group=group_state,
        linked=work.following_merges(alert_state.incident),
        newest=work.following_merges(group_state.newest),
    )
    taken = take(signal, standing, policy, arrived_at=context.at, retried=context.retried)
    causation = None
    for stream, event in taken.changes:
        event_id = work.record(stream, event, context, causation)
        causation = causation or event_id
    if signal.status is SignalStatus.FIRING:
        work.hear(alert, context.at)
    return taken.incident, bool(taken.changes)
