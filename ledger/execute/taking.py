"""Signals, one after the other: what each means for its alert, its group and its incident."""

from uuid import UUID

from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.signals import Standing, take
from ledger.execute.context import Context, Outcome
from ledger.execute.prefetching import signal_id
from ledger.execute.work import Work
from ledger.policy import Policy


def take_signals(signals: tuple[Signal, ...], context: Context, work: Work) -> Outcome:
    """Records what is new in `signals`; a repeat is nothing to do."""
    if not signals:
        return Outcome()
    policy = work.policy()
    recorded = 0
    incidents: dict[UUID, None] = {}
    for signal in signals:
        incident, is_new = _take(signal, policy, context, work)
        recorded += is_new
        if incident is not None:
            incidents[incident] = None
    return Outcome(recorded=recorded, repeats=len(signals) - recorded, incidents=tuple(incidents))


def _take(signal: Signal, policy: Policy, context: Context, work: Work) -> tuple[UUID | None, bool]:
    named = work.named(signal)
    alert_state = work.loaded(named.alert_stream).state
    if signal.own_id is not None and not work.take_id(*signal_id(signal)):
        linked = work.following_merges(alert_state.incident)
        return linked[0] if linked else None, False
    group_state = work.loaded(named.group_stream).state
    standing = Standing(
        place=named.place,
        alert=alert_state,
        group=group_state,
        linked=work.following_merges(alert_state.incident),
        newest=work.following_merges(group_state.newest),
    )
    taken = take(signal, standing, policy, arrived_at=context.at, retried=context.retried)
    work.record_all(taken.changes, context)
    seen = signal.status is SignalStatus.ACKNOWLEDGED and alert_state.firing
    if seen or signal.status is SignalStatus.FIRING:
        work.hear(named.place.alert, context.at)
    return taken.incident, bool(taken.changes)
