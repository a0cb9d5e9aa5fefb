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

    def is_firing(signal: Signal) -> bool:
        return bool(work.loaded(work.named(signal).alert_stream).state.firing)

    return in_order(signals, context.at, is_firing)


def _take(signal: Signal, policy: Policy, context: Context, work: Work) -> tuple[UUID | None, bool]:
    named = work.named(signal)
    alert_state = work.loaded(named.alert_stream).state
    if signal.own_id is not None and not work.take_id(*signal_id(signal)):
        linked = work.following_merges(alert_state.incident)
        return linked[0] if linked else None, False
    if context.retried:
        alert_state = _as_heard(signal, alert_state, named.place.alert, policy, context, work)
    group_state = work.loaded(named.group_stream).state
    linked = work.following_merges(alert_state.incident)
    same = group_state.newest == alert_state.incident
    newest = linked if same else work.following_merges(group_state.newest)
    standing = SignalState(named.place, alert_state, group_state, linked, newest)
    taken = decide_signal(signal, standing, policy, arrived_at=context.at, retried=context.retried)
    work.record_all(taken.changes, context)
    seen = signal.status is SignalStatus.ACKNOWLEDGED and alert_state.firing
    if seen or signal.status is SignalStatus.FIRING:
        work.hear(named.place.alert, context.at, policy)
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
    heard_at = work.last_heard(alert)
    if heard_at is None or heard_at - context.at <= policy.alerts.late_copy:
        return state
    return replace(state, last_arrived_at=heard_at)
