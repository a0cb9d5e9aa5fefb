"""What the alerts should be, and what is wrong with the staleness told in a log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ledger.domain import alert as a
from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from tests.property.year import incidents
from tests.property.year.heard import Heard, times_of
from tests.property.year.reading import (
    Log,
    in_force,
    name_of,
    of_kind,
    standing_for,
    worse,
    written,
)

Row = dict[str, object]
UNWRITTEN = timedelta(minutes=1)
"""Hearing an alert again this soon need not be kept."""


@dataclass
class Alert:
    """An alert, as the events told it so far: its open episode, or the end of the last one.

    `worst` is the worst severity of the episode, `incident` the one that it was linked to last.
    """

    state: str = "unseen"
    source: str = ""
    kind: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    worst: str | None = None
    incident: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    end_arrived: datetime | None = None
    end_sender: a.Sender | None = None
    last_arrived: datetime | None = None


def read(log: Log) -> dict[str, Alert]:
    """Every alert; which incident it belongs to is told by the incidents' own links."""
    found: dict[str, Alert] = {}
    for each in log:
        if each.stream.startswith("alert/"):
            _follow(found.setdefault(name_of(each), Alert()), each.event)
        elif isinstance(each.event, e.AlertLinked):
            found[str(each.event.alert)].incident = name_of(each)
    return found


def _follow(alert: Alert, event: object) -> None:
    match event:
        case a.AlertFired():
            alert.state, alert.source, alert.kind = "firing", event.alert.source, event.kind or ""
            alert.worst, alert.incident, alert.started = event.alert.severity, None, event.at
            alert.labels, alert.last_arrived = event.alert.labels, event.arrived_at
        case a.AlertChanged():
            if worse(event.alert.severity, alert.worst):
                alert.worst = event.alert.severity
            alert.labels, alert.last_arrived = event.alert.labels, event.arrived_at
        case a.AlertHeard():
            alert.state, alert.last_arrived = "firing", event.arrived_at
        case a.AlertStale():
            alert.state = "stale"
        case a.AlertResolved():
            alert.state, alert.ended = "resolved", event.at
            alert.end_arrived, alert.end_sender = event.arrived_at, event.sender
            alert.last_arrived = event.arrived_at


def rows(log: Log) -> dict[str, Row]:
    """Every alert, as the list of alerts shows it."""
    found: dict[str, Row] = {}
    for each in of_kind(log, "alert"):
        if isinstance(each.event, a.AlertLateRecorded):
            continue
        row = found.pop(name_of(each), {"id": name_of(each), "episodes": 0})
        _take(row, each, log)
        found[name_of(each)] = row  # that with the newest event last
    return found


def _take(row: Row, each: Recorded, log: Log) -> None:
    match each.event:
        case a.AlertFired() as fired:
            row |= _described(fired.alert)
            row["incident"] = standing_for(log, str(fired.incident)) if fired.incident else None
            row["rule"] = fired.rule
            row["state"], row["started_at"] = "firing", written(fired.at)
            row["ended_at"] = row["stale_since"] = row["last_heard_at"] = None
            row["episodes"] = int(str(row["episodes"])) + 1
        case a.AlertResolved() as ended:
            if ended.alert is not None and "title" not in row:
                row |= _described(ended.alert)
                row["incident"] = row["rule"] = row["started_at"] = None
            row["state"], row["ended_at"] = "resolved", written(ended.at)
            row["stale_since"] = row["last_heard_at"] = None
        case a.AlertStale() as stale:
            row["state"], row["stale_since"] = "stale", written(stale.at)
            row["last_heard_at"] = written(stale.last_heard_at)
        case a.AlertHeard() as heard:
            row["incident"] = standing_for(log, str(heard.incident)) if heard.incident else None
            row["state"], row["stale_since"], row["last_heard_at"] = "firing", None, None
        case a.AlertChanged() as changed:
            row |= _described(changed.alert)
            row["incident"] = standing_for(log, str(changed.incident)) if changed.incident else None
            row["rule"] = changed.rule


def _described(alert: a.AlertDetails) -> Row:
    return {
        "source": alert.source,
        "dedup_key": alert.dedup_key,
        "title": alert.title,
        "system": alert.system,
        "severity": alert.severity,
    }


def wrong_staleness(log: Log, heard: Heard, now: datetime) -> list[str]:
    """What is called stale wrongly, or fires although nobody heard of it for too long."""
    wrong = [w for each in of_kind(log, "alert") for w in _hasty(each, log, heard)]
    terms = in_force(log, len(log)).alerts
    for name, alert in read(log).items():
        stale_after = terms.stale_after_of(alert.source, alert.kind)
        if alert.state != "firing" or stale_after is None:
            continue
        last = max(times_of(heard, name, len(log)))
        if now - last >= stale_after:
            wrong.append(f"{name} was last heard of at {last} and is not stale")
    return wrong


def _hasty(each: Recorded, log: Log, heard: Heard) -> Iterator[str]:
    if not isinstance(each.event, a.AlertStale):
        return
    name, at, last = name_of(each), each.event.at, each.event.last_heard_at
    what = f"AlertStale of {name} at leaf {each.leaf}"
    alert = read(log[: each.leaf])[name]
    if alert.state != "firing":
        yield f"{what}: it is {alert.state} already"
    stale_after = in_force(log, each.leaf).alerts.stale_after_of(alert.source, alert.kind)
    if at - last != stale_after:
        yield f"{what}: {at} is not the policy's time after {last}"
    if at > each.recorded_at:
        yield f"{what}: recorded before its time"
    truly = max(times_of(heard, name, each.leaf))
    if not timedelta(0) <= truly - last < UNWRITTEN:
        yield f"{what}: heard at {truly}, not {last}"


def wrong_impact(log: Log) -> list[str]:
    """Each open episode bears on the impact of its own incident, and of no other."""
    found, known = incidents.read(log), read(log)
    wrong: list[str] = []
    for name, alert in known.items():
        mine = incidents.today(found, alert.incident).name if alert.incident else None
        expected = {mine} if mine and alert.state != "resolved" else set()
        actual = incidents.holders(found, name)
        if expected != actual:
            wrong.append(f"{name} is {alert.state} and goes on in {actual}, not {expected}")
        if mine and alert.state != "resolved":
            fires = name in found[mine].impact.firing
            if fires != (alert.state == "firing"):
                wrong.append(f"{name} is {alert.state}, and not so in {mine}")
    return wrong
