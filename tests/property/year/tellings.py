"""Events of signals in few words, so that expected and recorded ones can be compared."""

from datetime import datetime
from typing import NamedTuple

from ledger.domain import alert as a
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from tests.property.year.reading import name_of

NEW = "a new incident"


class Telling(NamedTuple):
    """What happened, to which incident, at what time, and of what severity or basis."""

    happened: str
    incident: str | None = None
    at: datetime | None = None
    what: str | None = None
    began: datetime | None = None


def told(each: Recorded, new: dict[str, str]) -> Telling:
    """An event in few words; `new` keeps which incident began among those that were told."""
    name = name_of(each)
    match each.event:
        case a.AlertFired() as fired:
            return Telling("fired", at=fired.at, what=fired.alert.severity)
        case a.AlertChanged() as changed:
            return Telling("changed", what=changed.alert.severity)
        case a.AlertHeard():
            return Telling("heard")
        case a.AlertResolved(at=at):
            return Telling("resolved", at=at)
        case GroupOpenedIncident():
            return Telling("opened")
        case e.IncidentDetected() as event:
            new[name] = NEW
            return Telling("detected", NEW, event.at, event.severity, event.started_at or event.at)
        case e.AlertLinked(at=at):
            return Telling("linked", new.get(name, name), at)
        case e.LinkedAlertResolved(at=at, basis=basis):
            return Telling("unlinked", new.get(name, name), at, basis)
        case e.Amended(field="severity", to=to):
            return Telling("raised", new.get(name, name), what=None if to is None else str(to))
        case event:
            return Telling(type(event).__name__, name)
