"""What one signal means for the alert, its group and its incident: the events for each stream.

Alert, group and incident events of one signal are appended in one transaction.
"""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from ledger.domain.alert import (
    AlertChanged,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    Signal,
    SignalStatus,
)
from ledger.domain.alert.decide import SignalClassification, classify_signal, start_of
from ledger.domain.alert.state import labels_digest
from ledger.domain.envelope import stream_id
from ledger.domain.incident.events import LATE, LinkedAlertResolved
from ledger.domain.joining import ended_as_stated, incident_for, leave, link, raise_incident
from ledger.domain.signal_state import Decision, Place, SignalState, StreamEvent, describe
from ledger.policy import Policy
from ledger.vocabulary import Severity, Status


def decide_signal(
    signal: Signal, at: SignalState, policy: Policy, *, arrived_at: datetime, retried: bool = False
) -> Decision:
    """The events that `signal` causes; total: a signal is never refused."""
    classification = classify_signal(
        signal,
        at.alert,
        arrived_at=arrived_at,
        late_copy=policy.alerts.late_copy,
        retried=retried,
    )
    match classification:
        case SignalClassification.REPEAT:
            return _repeat(signal, at, policy, arrived_at)
        case SignalClassification.LATE:
            return _late(signal, at.place, policy, arrived_at)
        case SignalClassification.RESOLVES | SignalClassification.RESOLVES_UNSEEN:
            return _end(
                signal, at, policy, arrived_at, seen=classification is SignalClassification.RESOLVES
            )
        case SignalClassification.FIRES:
            return _fire(signal, at, policy, arrived_at)
        case SignalClassification.HEARD:
            return _continue(signal, at, policy, arrived_at, heard=True)


def _fire(signal: Signal, at: SignalState, policy: Policy, arrived_at: datetime) -> Decision:
    alert, rule, _, _ = at.place
    started_at = start_of(signal, at.alert, arrived_at)
    described = describe(signal, policy, at.place)
    group: UUID | None = None
    incident: UUID | None = None
    joining: tuple[StreamEvent, ...] = ()
    if rule.opens:
        group = at.place.group
        incident, joining = incident_for(described, at, policy, started_at, arrived_at)
    fired = AlertFired(
        at=started_at,
        alert=described,
        starts_at=signal.starts_at,
        arrived_at=arrived_at,
        sender=signal.sender,
        rule=rule.name,
        group=group,
        incident=incident,
        kind=signal.kind or UNSET,
        unread=signal.unread or UNSET,
    )
    return Decision((StreamEvent(stream_id("alert", alert), fired), *joining), incident)


def _end(
    signal: Signal,
    at: SignalState,
    policy: Policy,
    arrived_at: datetime,
    *,
    seen: bool,
) -> Decision:
    alert = at.place.alert
    ended_at = min(signal.ends_at or arrived_at, arrived_at)
    resolved = AlertResolved(
        at=ended_at,
        starts_at=signal.starts_at,
        arrived_at=arrived_at,
        sender=signal.sender,
        alert=None if seen else describe(signal, policy, at.place),
        unread=signal.unread or UNSET,
    )
    changes: tuple[StreamEvent, ...] = (StreamEvent(stream_id("alert", alert), resolved),)
    if not seen or at.linked is None:
        return Decision(changes, None)
    incident, state = at.linked
    if state.holds(alert):
        ended = LinkedAlertResolved(at=ended_at, alert=alert)
        changes += (StreamEvent(stream_id("incident", incident), ended),)
    elif at.alert.stale:  # an incident of before did not keep what was stale when it was merged
        ended = LinkedAlertResolved(at=ended_at, alert=alert, basis=LATE)
        changes += (StreamEvent(stream_id("incident", incident), ended),)
    return Decision(changes, incident)


def _repeat(signal: Signal, at: SignalState, policy: Policy, arrived_at: datetime) -> Decision:
    """Nothing, unless an open episode became worse, or goes on though people stated its end."""
    nothing = Decision((), at.linked[0] if at.linked else None)
    if not at.alert.firing or signal.status is not SignalStatus.FIRING:
        return nothing
    if _is_worse(signal, at, policy) or _goes_on_after_end(signal, at, arrived_at):
        heard = _stated_over(at, arrived_at)
        return _continue(signal, at, policy, arrived_at, heard=heard)
    return nothing


def _is_worse(signal: Signal, at: SignalState, policy: Policy) -> bool:
    """Whether a firing says more of an open episode than was recorded.

    Other labels with a higher severity, or of a rule that opens an incident where there is none.
    The same labels say nothing new, whatever the policy makes of them by now.
    """
    opens = at.place.rule.opens and at.linked is None
    if at.alert.severity is Severity.CRITICAL and not opens:
        return False  # nothing is worse
    severity = policy.severity_of(signal.labels, at.place.rule)
    higher = severity is not None and severity.worse_than(at.alert.severity)
    return (higher or opens) and labels_digest(signal.labels) != at.alert.labels


def _goes_on_after_end(signal: Signal, at: SignalState, arrived_at: datetime) -> bool:
    """Whether a firing says that an episode goes on after people closed or ended its incident.

    Of senders that send each change once: for the others it is one of their repeats.
    """
    if signal.kind is None or signal.kind.repeats or not at.place.rule.opens or at.linked is None:
        return False
    left_at = at.linked[1].left_at
    return _stated_over(at, arrived_at) or (left_at is not None and arrived_at > left_at)


def _stated_over(at: SignalState, arrived_at: datetime) -> bool:
    """Whether people stated an end of the open incident's impact before a signal arrived."""
    if at.linked is None or at.linked[1].status is not Status.OPEN:
        return False
    resolved_at = at.linked[1].resolved_at
    return resolved_at is not None and arrived_at > resolved_at


def _continue(
    signal: Signal, at: SignalState, policy: Policy, arrived_at: datetime, *, heard: bool
) -> Decision:
    """An open episode goes on, with something to record: `heard` of again, or worse, or both.

    It stays in its incident while that is open, or where no rule opens one. Else it is as if it
    were new, and its part in the former incident ends; so is one that becomes worse in a near miss,
    which may be harm. One that was but acknowledged opens none:
    it stays stale, so that its next firing does.
    """
    alert, rule, _, _ = at.place
    described = describe(signal, policy, at.place)
    firing = signal.status is SignalStatus.FIRING
    worse = firing and _is_worse(signal, at, policy)
    joining: tuple[StreamEvent, ...] = ()
    incident = at.linked[0] if at.linked else None
    leaves = worse and rule.opens and at.linked is not None and at.linked[1].near_miss
    if (
        at.linked
        and not leaves
        and (at.linked[1].status is Status.OPEN or (firing and not rule.opens))
    ):
        if heard:
            joining = (*ended_as_stated(at), link(at.linked[0], alert, described, arrived_at))
        if worse:
            joining += raise_incident(at.linked, described, alert, policy, arrived_at)
    elif not firing:
        return Decision((), incident)
    elif rule.opens:
        incident, joining = incident_for(described, at, policy, arrived_at, arrived_at)
        joining += leave(at, arrived_at)
        heard = heard or not worse
    stream = stream_id("alert", alert)
    changes: tuple[StreamEvent, ...] = ()
    if heard:
        changes = (
            StreamEvent(
                stream, AlertHeard(at=arrived_at, arrived_at=arrived_at, incident=incident)
            ),
        )
    if worse:
        changed = AlertChanged(
            at=arrived_at,
            alert=described,
            arrived_at=arrived_at,
            sender=signal.sender,
            rule=rule.name,
            group=at.place.group if rule.opens else None,
            incident=incident,
            unread=signal.unread or UNSET,
        )
        changes += (StreamEvent(stream, changed),)
    return Decision((*changes, *joining), incident)


def _late(signal: Signal, place: Place, policy: Policy, arrived_at: datetime) -> Decision:
    late = AlertLateRecorded(
        at=min(signal.starts_at or arrived_at, arrived_at),
        status=signal.status,
        alert=describe(signal, policy, place),
        starts_at=signal.starts_at,
        ends_at=signal.ends_at,
        arrived_at=arrived_at,
        sender=signal.sender,
        unread=signal.unread or UNSET,
    )
    return Decision((StreamEvent(stream_id("alert", place.alert), late),), None)
