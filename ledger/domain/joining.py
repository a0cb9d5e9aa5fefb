"""The incident that an episode joins: the newest of its group while that attracts, or a new one."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from ledger.domain.alert import AlertDetails
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.envelope import stream_id
from ledger.domain.identity import incident_id
from ledger.domain.incident import owing
from ledger.domain.incident.amending import raise_severity
from ledger.domain.incident.events import (
    ALERT,
    MOVED,
    AlertLinked,
    Classified,
    IncidentDetected,
    LinkedAlertResolved,
)
from ledger.domain.incident.restricting import by_policy
from ledger.domain.incident.state import Incident
from ledger.domain.signal_state import NAME_CHARACTERS, SignalState, StreamEvent
from ledger.policy import Policy


def incident_for(
    described: AlertDetails,
    at: SignalState,
    policy: Policy,
    started_at: datetime,
    arrived_at: datetime,
) -> tuple[UUID, tuple[StreamEvent, ...]]:
    """The group's newest incident while that attracts alerts, else a new one; and the way into it.

    An incident is as bad as its worst alert, unless a person said how bad it is.
    """
    alert, rule, _, group = at.place
    if at.newest and at.newest[1].attracts(arrived_at, policy.alerts.quiet):
        incident, _ = at.newest
        joining = (link(incident, alert, described, started_at),)
        return incident, joining + raise_incident(at.newest, described, alert, policy, arrived_at)
    number = at.group.opened + 1
    incident = incident_id(group, number)
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
        rca_due=policy.rca_due(detected_at, rule.category, described.severity),
        at_risk_at=policy.rca_at_risk_at(detected_at, rule.category, described.severity),
        counts=policy.counts(described.severity),
        group=group,
        number=number,
        started_at=UNSET if started_at == detected_at else started_at,
        steps=owing.at_detection(policy, rule.category, described.severity),
    )
    stream = stream_id("incident", incident)
    changes = [StreamEvent(stream_id("alert_group", group), opened), StreamEvent(stream, detected)]
    if rule.category is not None:
        classified = Classified(
            at=detected_at,
            category=rule.category,
            severity=described.severity,
            reason=f"Stated by the policy's rule {rule.name!r}.",
            counts=detected.counts,
            label=owing.label_of(rule.category, policy),
        )
        changes.append(StreamEvent(stream, classified))
    opens = Incident(system=described.system, category=rule.category)
    restricted = by_policy(Incident(), opens, policy, detected_at)
    changes += [StreamEvent(stream, event) for event in restricted]
    changes.append(link(incident, alert, described, started_at))
    return incident, tuple(changes)


def raise_incident(
    into: tuple[UUID, Incident], described: AlertDetails, alert: UUID, policy: Policy, at: datetime
) -> tuple[StreamEvent, ...]:
    """What an alert does to the severity of an incident that it is part of."""
    incident, state = into
    amended = raise_severity(state, described.severity, alert, policy, at)
    if not amended:
        return ()
    stream = stream_id("incident", incident)
    return tuple(StreamEvent(stream, event) for event in amended)


def link(incident: UUID, alert: UUID, described: AlertDetails, started_at: datetime) -> StreamEvent:
    linked = AlertLinked(at=started_at, alert=alert, title=described.title)
    return StreamEvent(stream_id("incident", incident), linked)


def leave(at: SignalState, arrived_at: datetime) -> tuple[StreamEvent, ...]:
    """The end of an episode's part in the incident that it leaves."""
    if at.linked is None or not at.linked[1].holds(at.place.alert):
        return ()
    moved = LinkedAlertResolved(at=arrived_at, alert=at.place.alert, basis=MOVED)
    return (StreamEvent(stream_id("incident", at.linked[0]), moved),)


def ended_as_stated(at: SignalState) -> tuple[StreamEvent, ...]:
    """The end that people stated of an episode which fires and is news: it joins once more."""
    if at.linked is None:
        return ()
    incident, state = at.linked
    if state.resolved_at is None or at.place.alert not in state.firing:
        return ()
    ended = LinkedAlertResolved(at=state.resolved_at, alert=at.place.alert)
    return (StreamEvent(stream_id("incident", incident), ended),)
