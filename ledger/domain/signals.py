"""What one signal means for the alert, its group and its incident: the events for each stream.

Alert, group and incident events of one signal are appended in one transaction.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.domain.alert import (
    Alert,
    AlertFired,
    AlertHeard,
    AlertLateRecorded,
    AlertResolved,
    Described,
    Signal,
    SignalStatus,
)
from ledger.domain.alert.decide import Meaning, meaning_of, start_of
from ledger.domain.alert_group import AlertGroup, GroupOpenedIncident
from ledger.domain.envelope import Event, stream_id
from ledger.domain.identity import alert_of, group_of, incident_of
from ledger.domain.incident.events import (
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
            return Taken((), at.linked[0] if at.linked else None)
        case Meaning.LATE:
            return _late(signal, at.place, policy, arrived_at)
        case Meaning.RESOLVES | Meaning.RESOLVES_UNSEEN:
            return _end(signal, at, policy, arrived_at, seen=meaning is Meaning.RESOLVES)
        case Meaning.FIRES:
            return _fire(signal, at, policy, arrived_at)
        case Meaning.HEARD:
            return _hear(signal, at, policy, arrived_at)


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
    opening: tuple[Change, ...] = ()
    if rule.opens:
        group = at.place.group
        incident, opening = _incident_for(described, at, policy, started_at, arrived_at)
    fired = AlertFired(
        at=started_at,
        alert=described,
        starts_at=signal.starts_at,
        arrived_at=arrived_at,
        sender=signal.sender,
        rule=rule.name,
        group=group,
        incident=incident,
    )
    changes: tuple[Change, ...] = (Change(stream_id("alert", alert), fired), *opening)
    if incident is not None:
        changes += (_link(incident, alert, described, started_at),)
    return Taken(changes, incident)


def _incident_for(
    described: Described,
    at: Standing,
    policy: Policy,
    started_at: datetime,
    arrived_at: datetime,
) -> tuple[UUID, tuple[Change, ...]]:
    """The group's newest incident while that attracts alerts, else a new one."""
    _, rule, _, group = at.place
    if at.newest and at.newest[1].attracts(arrived_at, policy.alerts.quiet):
        return at.newest[0], ()
    number = at.group.opened + 1
    incident = incident_of(group, number)
    opened = GroupOpenedIncident(
        at=started_at,
        incident=incident,
        n=number,
        rule=rule.name,
        values=tuple(
            (name, value[:NAME_CHARACTERS])
            for name, value in policy.group_values(rule, described.labels, described.system)
        ),
    )
    detected = IncidentDetected(
        at=started_at,
        title=described.title,
        system=described.system,
        severity=described.severity,
        source=f"source/{described.source}",
        basis="alert",
        month=policy.month_of(started_at),
        rca_due=policy.rca_due(started_at),
        at_risk_at=policy.rca_at_risk_at(started_at),
        counts=policy.counts(described.severity),
        group=group,
        number=number,
    )
    stream = stream_id("incident", incident)
    changes = [Change(stream_id("alert_group", group), opened), Change(stream, detected)]
    if rule.category is not None:
        classified = Classified(
            at=started_at,
            category=rule.category,
            severity=described.severity,
            reason=f"Stated by the policy's rule {rule.name!r}.",
            counts=detected.counts,
        )
        changes.append(Change(stream, classified))
    return incident, tuple(changes)


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
    )
    changes: tuple[Change, ...] = (Change(stream_id("alert", alert), resolved),)
    if not seen or at.linked is None:
        return Taken(changes, None)
    incident, state = at.linked
    if alert in state.firing:
        ended = LinkedAlertResolved(at=ended_at, alert=alert)
        changes += (Change(stream_id("incident", incident), ended),)
    return Taken(changes, incident)


def _hear(signal: Signal, at: Standing, policy: Policy, arrived_at: datetime) -> Taken:
    """A stale episode goes on: in its own incident while that is open, else as if it were new.

    Not when it was but acknowledged: where its incident is open no more, it stays stale, so that
    its next firing opens one.
    """
    alert = at.place.alert
    described = _described(signal, policy, at.place)
    incident: UUID | None = None
    opening: tuple[Change, ...] = ()
    if at.linked and at.linked[1].status is Status.OPEN:
        incident = at.linked[0]
    elif signal.status is SignalStatus.ACKNOWLEDGED:
        return Taken((), at.linked[0] if at.linked else None)
    elif at.place.rule.opens:
        incident, opening = _incident_for(described, at, policy, arrived_at, arrived_at)
    heard = AlertHeard(at=arrived_at, arrived_at=arrived_at, incident=incident)
    changes: tuple[Change, ...] = (Change(stream_id("alert", alert), heard), *opening)
    if incident is not None:
        changes += (_link(incident, alert, described, arrived_at),)
    return Taken(changes, incident)


def _late(signal: Signal, place: Place, policy: Policy, arrived_at: datetime) -> Taken:
    late = AlertLateRecorded(
        at=min(signal.starts_at or arrived_at, arrived_at),
        status=signal.status,
        alert=_described(signal, policy, place),
        starts_at=signal.starts_at,
        ends_at=signal.ends_at,
        arrived_at=arrived_at,
        sender=signal.sender,
    )
    return Taken((Change(stream_id("alert", place.alert), late),), None)
