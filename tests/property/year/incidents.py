"""What the incidents should be: status, impact, severity and times, read off the log."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from tests.property.year import counts
from tests.property.year.impact import Impact
from tests.property.year.reading import Log, amended_time, name_of, of_kind, written

Row = dict[str, object]


@dataclass
class Incident:
    """An incident, as the events told it so far. `left` is when it was closed or dismissed."""

    name: str
    leaf: int
    system: str
    severity: str | None
    stated: bool
    """Whether a person said how bad it is."""
    started: datetime
    detected: datetime
    impact: Impact
    status: str = "open"
    left: datetime | None = None
    into: str | None = None
    category: str | None = None
    near_miss: bool = False
    alerts: set[str] = field(default_factory=set)
    """Every alert that was ever linked to it."""

    @property
    def triage(self) -> bool:
        """Whether it is open and people have yet to say what it is."""
        return self.status == "open" and (self.severity is None or self.category is None)


def read(log: Log) -> dict[str, Incident]:
    """Every incident, in the order of detection."""
    found: dict[str, Incident] = {}
    for each in of_kind(log, "incident"):
        if isinstance(each.event, e.IncidentDetected):
            found[name_of(each)] = _detected(each, each.event)
        else:
            _take(found[name_of(each)], each, found)
    return found


def today(found: dict[str, Incident], name: str) -> Incident:
    """The incident that one stands for, its merges followed."""
    incident = found[name]
    return incident if incident.into is None else today(found, incident.into)


def holders(found: dict[str, Incident], alert: str) -> set[str]:
    """The incidents whose impact an alert still bears on."""
    return {
        name
        for name, incident in found.items()
        if incident.into is None
        and (alert in incident.impact.firing or alert in incident.impact.stale)
    }


def rows(log: Log) -> dict[str, Row]:
    """Every incident, as the register shows it."""
    found, members = read(log), counts.members(log)
    return {name: _row(each, today(found, name), members[name]) for name, each in found.items()}


def _row(incident: Incident, target: Incident, member: counts.Member) -> Row:
    impact = target.impact
    return {
        "reference": f"INC-{incident.leaf}",
        "system": incident.system,
        "severity": incident.severity,
        "status": incident.status,
        "merged_into": incident.into,
        "started_at": written(incident.started),
        "detected_at": written(incident.detected),
        "impact": impact.state,
        "impact_ended_at": written(impact.end),
        "impact_unknown_since": written(impact.unknown_since),
        "alerts_firing": len(impact.firing),
        "alerts": incident.alerts,
        "month": member.month,
        "counts": member.counts,
        "near_miss": incident.near_miss,
        "triage": incident.triage,
    }


def _detected(each: Recorded, event: e.IncidentDetected) -> Incident:
    return Incident(
        name=name_of(each),
        leaf=each.leaf,
        system=event.system,
        severity=event.severity,
        stated=event.basis != "alert" and event.severity is not None,
        started=event.started_at or event.at,
        detected=event.at,
        impact=Impact(ended=event.impact_ended_at),
    )


def _take(incident: Incident, each: Recorded, found: dict[str, Incident]) -> None:
    impact = incident.impact
    match each.event:
        case e.AlertLinked(alert=alert, at=at):
            impact.link(str(alert))
            incident.alerts.add(str(alert))
            incident.started = min(incident.started, at)
        case e.LinkedAlertResolved(alert=alert, at=at, basis="stale", marked_at=found_at):
            impact.lose(str(alert), at, found_at or each.recorded_at)
        case e.LinkedAlertResolved(alert=alert, at=at):
            impact.end_alert(str(alert), at)
        case e.ImpactResolved(at=at):
            impact.resolved = at
        case e.Absorbed(incident=absorbed, part=1):
            other = found[str(absorbed)]
            impact.absorb(deepcopy(other.impact))
            incident.alerts |= other.impact.firing | set(other.impact.stale)
            incident.started = min(incident.started, other.started)
        case e.NearMissDeclared():
            incident.near_miss = True
        case e.NearMissWithdrawn():
            incident.near_miss = False
        case e.Classified(severity=severity):
            incident.category = each.event.category
            incident.severity = severity or incident.severity
            incident.stated = True
        case e.Amended() as event:
            _amend(incident, event)
        case e.Merged(into=into):
            incident.status, incident.into = "merged", str(into)
        case e.Dismissed(at=at):
            incident.status, incident.left = "dismissed", at
        case e.Closed(at=at):
            incident.status, incident.left = "closed", at
        case e.Reopened():
            incident.status, incident.left = "open", None


def _amend(incident: Incident, event: e.Amended) -> None:
    match event.field:
        case "system":
            incident.system = str(event.to)
        case "severity":
            incident.severity = None if event.to is None else str(event.to)
            incident.stated = incident.stated or not event.alert
        case "detected_at":
            to, same = amended_time(event), incident.started == incident.detected
            incident.started = to if same else min(incident.started, to)
            incident.detected = to
        case "impact_ended_at":
            incident.impact.amend(None if event.to is None else amended_time(event))
