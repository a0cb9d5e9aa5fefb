"""What one signal means for the alert, its group and its incident: the events for each stream.

Alert, group and incident events of one signal are appended in one transaction.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from ledger.domain.alert import (
    Alert,
    AlertChanged,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    Described,
    Signal,
    SignalStatus,
)
from ledger.domain.alert.decide import Meaning, meaning_of, start_of
from ledger.domain.alert.state import labels_digest
from ledger.domain.alert_group import AlertGroup, GroupOpenedIncident
from ledger.domain.envelope import Event, stream_id
from ledger.domain.identity import alert_of, group_of, incident_of
from ledger.domain.incident.amending import raise_severity
from ledger.domain.incident.events import (
    ALERT,
    LATE,
    MOVED,
    AlertLinked,
    Classified,
    IncidentDetected,
    LinkedAlertResolved,
)
from ledger.domain.incident.state import Incident
from ledger.policy import Policy, Rule
from ledger.vocabulary import Status

TITLE_CHARACTERS = 500
NAME_CHARACTERS = 200
"""As long as a reported incident's; a longer one stands in full among the alert's labels."""


class Change(NamedTuple):
    """An event that is to be appended to a stream."""

    stream: str
    event: Event


class Place(NamedTuple):
    """A signal's alert, and what the policy says of it: its rule, its system, its group."""

    alert: UUID
    rule: Rule
    system: str
    group: UUID


class Standing(NamedTuple):
    """Where a signal belongs, and where the streams stand that it may touch.

    `linked` is the incident the alert's episode belongs to, `newest` the group's newest; both with
    merges followed, and None where there is none.
    """

    place: Place
    alert: Alert
    group: AlertGroup
    linked: tuple[UUID, Incident] | None
    newest: tuple[UUID, Incident] | None


class Taken(NamedTuple):
    """What a signal came to: events to append, and the incident it touched or belongs to."""

    changes: tuple[Change, ...]
    incident: UUID | None


def place_of(signal: Signal, policy: Policy) -> Place:
    """Where the policy puts a signal's alert."""
    rule = policy.rule_for(signal.labels)
    system = policy.system_of(signal.labels, rule)
    group = group_of(rule.name, policy.group_values(rule, signal.labels, system))
    return Place(alert_of(signal.source, signal.dedup_key), rule, system, group)


def take(
    signal: Signal, at: Standing, policy: Policy, *, arrived_at: datetime, retried: bool = False
) -> Taken:
    """The events that `signal` causes; total: a signal is never refused."""
    meaning = meaning_of(
        signal,
        at.alert,
        arrived_at=arrived_at,
        late_copy=policy.alerts.late_copy,
        retried=retried,
    )
    match meaning:
        case Meaning.REPEAT:
            return _repeat(signal, at, policy, arrived_at)
        case Meaning.LATE:
            return _late(signal, at.place, policy, arrived_at)
        case Meaning.RESOLVES | Meaning.RESOLVES_UNSEEN:
            return _end(signal, at, policy, arrived_at, seen=meaning is Meaning.RESOLVES)
        case Meaning.FIRES:
            return _fire(signal, at, policy, arrived_at)
        case Meaning.HEARD:
            return _go_on(signal, at, policy, arrived_at, heard=True)


def _described(signal: Signal, policy: Policy, place: Place) -> Described:
    title_cut = ("title",) if len(signal.title) > TITLE_CHARACTERS else ()
    return Described(
        source=signal.source,
        dedup_key=signal.dedup_key,
        title=signal.title[:TITLE_CHARACTERS],
        system=place.system[:NAME_CHARACTERS],
        severity=policy.severity_of(signal.labels, place.rule),
        labels=signal.labels,
        annotations=dict(signal.annotations),
        generator_url=signal.generator_url,
        shortened=tuple(dict.fromkeys((*signal.shortened, *title_cut))),
    )


def _fire(signal: Signal, at: Standing, policy: Policy, arrived_at: datetime) -> Taken:
    alert, rule, _, _ = at.place
    started_at = start_of(signal, at.alert, arrived_at)
    described = _described(signal, policy, at.place)
    group: UUID | None = None
    incident: UUID | None = None
    joining: tuple[Change, ...] = ()
    if rule.opens:
        group = at.place.group
        incident, joining = _incident_for(described, at, policy, started_at, arrived_at)
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
    return Taken((Change(stream_id("alert", alert), fired), *joining), incident)


def _incident_for(
    described: Described,
    at: Standing,
    policy: Policy,
    started_at: datetime,
    arrived_at: datetime,
) -> tuple[UUID, tuple[Change, ...]]:
    """The group's newest incident while that attracts alerts, else a new one; and the way into it.

    An incident is as bad as its worst alert, unless a person said how bad it is.
    """
    alert, rule, _, group = at.place
    if at.newest and at.newest[1].attracts(arrived_at, policy.alerts.quiet):
        incident, _ = at.newest
        joining = (_link(incident, alert, described, started_at),)
        return incident, joining + _raise(at.newest, described, alert, policy, arrived_at)
    number = at.group.opened + 1
    incident = incident_of(group, number)
    detected_at = policy.detected_at(started_at, arrived_at)
    opened = GroupOpenedIncident(
        at=detected_at,
        incident=incident,
        n=number,
        rule=rule.name,
        values=tuple(
            (name, value[:NAME_CHARACTERS])
            for name, value in policy.group_values(rule, described.labels, described.system)
        ),
    )
    detected = IncidentDetected(
        at=detected_at,
        title=described.title,
        system=described.system,
        severity=described.severity,
        source=f"source/{described.source}",
        basis=ALERT,
        month=policy.month_of(detected_at),
        rca_due=policy.rca_due(detected_at),
        at_risk_at=policy.rca_at_risk_at(detected_at),
        counts=policy.counts(described.severity),
        group=group,
        number=number,
        started_at=UNSET if started_at == detected_at else started_at,
    )
    stream = stream_id("incident", incident)
    changes = [Change(stream_id("alert_group", group), opened), Change(stream, detected)]
    if rule.category is not None:
        classified = Classified(
            at=detected_at,
            category=rule.category,
            severity=described.severity,
            reason=f"Stated by the policy's rule {rule.name!r}.",
            counts=detected.counts,
        )
        changes.append(Change(stream, classified))
    changes.append(_link(incident, alert, described, started_at))
    return incident, tuple(changes)


def _raise(
    into: tuple[UUID, Incident], described: Described, alert: UUID, policy: Policy, at: datetime
) -> tuple[Change, ...]:
    """What an alert does to the severity of an incident that it is part of."""
    incident, state = into
    stream = stream_id("incident", incident)
    amended = raise_severity(state, described.severity, alert, policy, at)
    return tuple(Change(stream, event) for event in amended)


def _link(incident: UUID, alert: UUID, described: Described, started_at: datetime) -> Change:
    linked = AlertLinked(at=started_at, alert=alert, title=described.title)
    return Change(stream_id("incident", incident), linked)


def _end(
    signal: Signal,
    at: Standing,
    policy: Policy,
    arrived_at: datetime,
    *,
    seen: bool,
) -> Taken:
    alert = at.place.alert
    ended_at = min(signal.ends_at or arrived_at, arrived_at)
    resolved = AlertResolved(
        at=ended_at,
        starts_at=signal.starts_at,
        arrived_at=arrived_at,
        sender=signal.sender,
        alert=None if seen else _described(signal, policy, at.place),
        unread=signal.unread or UNSET,
    )
    changes: tuple[Change, ...] = (Change(stream_id("alert", alert), resolved),)
    if not seen or at.linked is None:
        return Taken(changes, None)
    incident, state = at.linked
    if state.holds(alert):
        ended = LinkedAlertResolved(at=ended_at, alert=alert)
        changes += (Change(stream_id("incident", incident), ended),)
    elif at.alert.stale:  # an incident of before did not keep what was stale when it was merged
        ended = LinkedAlertResolved(at=ended_at, alert=alert, basis=LATE)
        changes += (Change(stream_id("incident", incident), ended),)
    return Taken(changes, incident)


def _repeat(signal: Signal, at: Standing, policy: Policy, arrived_at: datetime) -> Taken:
    """Nothing, unless an open episode became worse, or goes on after people closed its incident."""
    nothing = Taken((), at.linked[0] if at.linked else None)
    if not at.alert.firing or signal.status is not SignalStatus.FIRING:
        return nothing
    if _worse(signal, at, policy) or _outlives(signal, at, arrived_at):
        return _go_on(signal, at, policy, arrived_at, heard=False)
    return nothing


def _worse(signal: Signal, at: Standing, policy: Policy) -> bool:
    """Whether a firing says more of an open episode than was recorded.

    Other labels with a higher severity, or of a rule that opens an incident where there is none.
    The same labels say nothing new, whatever the policy makes of them by now.
    """
    severity = policy.severity_of(signal.labels, at.place.rule)
    higher = severity is not None and severity.worse_than(at.alert.severity)
    opens = at.place.rule.opens and at.linked is None
    return (higher or opens) and labels_digest(signal.labels) != at.alert.labels


def _outlives(signal: Signal, at: Standing, arrived_at: datetime) -> bool:
    """Whether a firing says that an episode goes on after people closed its incident.

    Of senders that send each change once: for the others it is one of their repeats.
    """
    if signal.kind is None or signal.kind.repeats or not at.place.rule.opens or at.linked is None:
        return False
    left_at = at.linked[1].left_at
    return left_at is not None and arrived_at > left_at


def _go_on(
    signal: Signal, at: Standing, policy: Policy, arrived_at: datetime, *, heard: bool
) -> Taken:
    """An open episode goes on, with something to record: `heard` of again, or worse, or both.

    It stays in its incident while that is open, or where no rule opens one. Else it is as if it
    were new, and its part in the former incident ends. One that was but acknowledged opens none:
    it stays stale, so that its next firing does.
    """
    alert, rule, _, _ = at.place
    described = _described(signal, policy, at.place)
    firing = signal.status is SignalStatus.FIRING
    worse = firing and _worse(signal, at, policy)
    joining: tuple[Change, ...] = ()
    incident = at.linked[0] if at.linked else None
    if at.linked and (at.linked[1].status is Status.OPEN or (firing and not rule.opens)):
        if heard:
            joining = (_link(at.linked[0], alert, described, arrived_at),)
        if worse:
            joining += _raise(at.linked, described, alert, policy, arrived_at)
    elif not firing:
        return Taken((), incident)
    elif rule.opens:
        incident, joining = _incident_for(described, at, policy, arrived_at, arrived_at)
        joining += _moved(at, arrived_at)
        heard = heard or not worse
    stream = stream_id("alert", alert)
    changes: tuple[Change, ...] = ()
    if heard:
        changes = (
            Change(stream, AlertHeard(at=arrived_at, arrived_at=arrived_at, incident=incident)),
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
        changes += (Change(stream, changed),)
    return Taken((*changes, *joining), incident)


def _moved(at: Standing, arrived_at: datetime) -> tuple[Change, ...]:
    """The end of an episode's part in the incident that it leaves."""
    if at.linked is None or not at.linked[1].holds(at.place.alert):
        return ()
    moved = LinkedAlertResolved(at=arrived_at, alert=at.place.alert, basis=MOVED)
    return (Change(stream_id("incident", at.linked[0]), moved),)


def _late(signal: Signal, place: Place, policy: Policy, arrived_at: datetime) -> Taken:
    late = AlertLateRecorded(
        at=min(signal.starts_at or arrived_at, arrived_at),
        status=signal.status,
        alert=_described(signal, policy, place),
        starts_at=signal.starts_at,
        ends_at=signal.ends_at,
        arrived_at=arrived_at,
        sender=signal.sender,
        unread=signal.unread or UNSET,
    )
    return Taken((Change(stream_id("alert", place.alert), late),), None)
