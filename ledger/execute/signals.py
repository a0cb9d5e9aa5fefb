"""Signals, one after the other: what each means for its alert, its group and its incident."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.alert import Alert, Signal, SignalStatus
from ledger.domain.correlation import decide_signal
from ledger.domain.envelope import stream_id
from ledger.domain.signal_state import SignalState
from ledger.execute.context import Context, Outcome
from ledger.execute.ordering import in_order
from ledger.execute.signal_routes import SignalRoutes, follow_merges
from ledger.execute.unit_of_work import Work
from ledger.policy import Policy


def take_signals(
    signals: tuple[Signal, ...], context: Context, work: Work, *, ordered: bool = False
) -> Outcome:
    """Records what is new in `signals`; a repeat is nothing to do.

    `ordered` says that they stand in order already, as chunks of a large body do.
    """
    if not signals:
        return Outcome()
    policy = work.policy()
    recorded = 0
    streams: dict[str, None] = {}
    for signal in signals if ordered else _in_order(signals, context, work):
        incident, is_new = _take(signal, policy, context, work)
        recorded += is_new
        if incident is not None:
            streams[stream_id("incident", incident)] = None
    return Outcome(recorded=recorded, repeats=len(signals) - recorded, streams=tuple(streams))


def signal_id(signal: Signal) -> tuple[str, str]:
    """The scope and name under which a signal's own id is taken."""
    return f"signal/{signal.source}", signal.own_id or ""


def _in_order(signals: tuple[Signal, ...], context: Context, work: Work) -> Sequence[Signal]:
    """See `ordering`; by the states that this batch has loaded."""

    routes = work.part(SignalRoutes)

    def is_firing(signal: Signal) -> bool:
        return bool(work.states.loaded(routes.of(signal).alert_stream).state.firing)

    return in_order(signals, context.at, is_firing)


def _take(signal: Signal, policy: Policy, context: Context, work: Work) -> tuple[UUID | None, bool]:
    route = work.part(SignalRoutes).of(signal)
    alert_state = work.states.loaded(route.alert_stream).state
    if signal.own_id is not None and not work.claims.consume(*signal_id(signal)):
        linked = follow_merges(alert_state.incident, work)
        return linked[0] if linked else None, False
    if context.retried:
        alert_state = _as_heard(signal, alert_state, route.place.alert, policy, context, work)
    group_state = work.states.loaded(route.group_stream).state
    linked = follow_merges(alert_state.incident, work)
    same = group_state.newest == alert_state.incident
    newest = linked if same else follow_merges(group_state.newest, work)
    standing = SignalState(route.place, alert_state, group_state, linked, newest)
    taken = decide_signal(signal, standing, policy, arrived_at=context.at, retried=context.retried)
    work.record_all(taken.changes, context)
    seen = signal.status is SignalStatus.ACKNOWLEDGED and alert_state.firing
    if seen or signal.status is SignalStatus.FIRING:
        work.last_seen.record_seen(route.place.alert, context.at, policy)
    return taken.incident, bool(taken.changes)


def _as_heard(
    signal: Signal, state: Alert, alert: UUID, policy: Policy, context: Context, work: Work
) -> Alert:
    """An open episode as a retried signal finds it, where repeats were heard of since it arrived.

    They are no events, but they came later than an end that was set aside, and than a firing which
    would make an episode go on that was not heard of since.
    """
    if not state.firing or signal.kind is None or not signal.kind.repeats:
        return state
    if not state.stale and signal.status is not SignalStatus.RESOLVED:
        return state
    heard_at = work.last_seen.of(alert)
    if heard_at is None or heard_at - context.at <= policy.alerts.late_copy:
        return state
    return replace(state, last_arrived_at=heard_at)
