"""Signals, one after the other: what each means for its alert, its group and its incident."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.alert import Alert, Signal, SignalStatus
from ledger.domain.correlation import decide_signal
from ledger.domain.envelope import stream_id
from ledger.domain.signal_state import NAME_CHARACTERS, TITLE_CHARACTERS, Place, SignalState
from ledger.domain.system.names import NAMES_STREAM
from ledger.execute.context import Context, Outcome
from ledger.execute.ordering import in_order
from ledger.execute.signal_routes import SignalRoutes, follow_merges
from ledger.execute.texts import AlertTexts
from ledger.execute.unit_of_work import Work
from ledger.policy import Policy


def record_signals(
    signals: tuple[Signal, ...], context: Context, work: Work, *, ordered: bool = False
) -> Outcome:
    """Records what is new in `signals`; a repeat is nothing to do.

    `ordered` says that they stand in order already, as chunks of a large body do.
    """
    if not signals:
        return Outcome()
    policy = work.policy()
    work.require_unchanged((NAMES_STREAM,))
    recorded = 0
    streams: dict[str, None] = {}
    for signal in signals if ordered else _in_order(signals, context, work):
        incident, is_new = _record_signal(signal, policy, context, work)
        recorded += is_new
        if incident is not None:
            streams[stream_id("incident", incident)] = None
    return Outcome(recorded=recorded, repeats=len(signals) - recorded, streams=tuple(streams))


def signal_id(signal: Signal) -> tuple[str, str]:
    """The scope and name under which a signal's own id is decision."""
    return f"signal/{signal.source}", signal.own_id or ""


def _in_order(signals: tuple[Signal, ...], context: Context, work: Work) -> Sequence[Signal]:
    """See `ordering`; by the states that this batch has loaded."""

    routes = work.part(SignalRoutes)

    def is_firing(signal: Signal) -> bool:
        return bool(work.states.loaded(routes.of(signal).alert_stream).state.firing)

    return in_order(signals, context.at, is_firing)


def _record_signal(
    given: Signal, policy: Policy, context: Context, work: Work
) -> tuple[UUID | None, bool]:
    route = work.part(SignalRoutes).of(given)
    signal = route.signal
    alert_state = work.states.loaded(route.alert_stream).state
    if signal.own_id is not None and not work.claims.consume(*signal_id(signal)):
        linked = follow_merges(alert_state.incident, work)
        return linked[0] if linked else None, False
    if context.retried:
        alert_state = _as_last_seen(signal, alert_state, route.place.alert, policy, context, work)
    group_state = work.states.loaded(route.group_stream).state
    linked = follow_merges(alert_state.incident, work)
    same = group_state.newest == alert_state.incident
    newest = linked if same else follow_merges(group_state.newest, work)
    state = SignalState(route.place, alert_state, group_state, linked, newest)
    decision = decide_signal(signal, state, policy, arrived_at=context.at, retried=context.retried)
    if decision.changes:
        beside = _beside(signal, route.place, policy, context, work)
        work.record_all(decision.changes, context, beside)
    seen = signal.status is SignalStatus.ACKNOWLEDGED and alert_state.firing
    if seen or signal.status is SignalStatus.FIRING:
        work.last_seen.record_seen(route.place.alert, context.at, policy)
    return decision.incident, bool(decision.changes)


def _beside(
    signal: Signal, place: Place, policy: Policy, context: Context, work: Work
) -> AlertTexts | None:
    """What puts its texts beside the log; None where the policy has them in the events.

    So does a title that repeats an annotation, or belongs to what the policy restricts.
    """
    privacy = policy.privacy
    if not privacy.of_alerts:
        return None
    title = signal.title[:TITLE_CHARACTERS]
    said = [text.strip()[:TITLE_CHARACTERS] for text in signal.annotations.values()]
    titles = title in said or privacy.restricts(
        (place.system[:NAME_CHARACTERS],), (place.rule.category,)
    )
    return AlertTexts(context.actor, work.texts, titles=titles)


def _as_last_seen(
    signal: Signal, state: Alert, alert: UUID, policy: Policy, context: Context, work: Work
) -> Alert:
    """The state of an open episode for a retried signal, with the repeats seen since it arrived.

    Repeats are no events. They are later than an end that was quarantined, and than a firing that
    would continue an episode which was not seen since.
    """
    if not state.firing or signal.kind is None or not signal.kind.repeats:
        return state
    if not state.stale and signal.status is not SignalStatus.RESOLVED:
        return state
    seen_at = work.last_seen.of(alert)
    if seen_at is None or seen_at - context.at <= policy.alerts.late_copy:
        return state
    return replace(state, last_arrived_at=seen_at)
