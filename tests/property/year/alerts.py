"""What the alerts should be, and what is wrong with the staleness told in a log."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ledger.domain import alert as a
from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from tests.property.year.reading import (
    Log,
    in_force,
    name_of,
    of_kind,
    standing_for,
    written,
)

Heard = Sequence[tuple[UUID, datetime]]
Row = dict[str, object]
UNWRITTEN = timedelta(minutes=1)
"""Hearing an alert again this soon need not be kept."""


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
            row["ended_at"] = row["stale_since"] = None
            row["episodes"] = int(str(row["episodes"])) + 1
        case a.AlertResolved() as ended:
            if ended.alert is not None and "title" not in row:
                row |= _described(ended.alert)
                row["incident"] = row["rule"] = row["started_at"] = None
            row["state"], row["ended_at"], row["stale_since"] = "resolved", written(ended.at), None
        case a.AlertStale() as stale:
            row["state"], row["stale_since"] = "stale", written(stale.at)
        case a.AlertHeard() as heard:
            row["incident"] = standing_for(log, str(heard.incident)) if heard.incident else None
            row["state"], row["stale_since"] = "firing", None


def _described(alert: a.Described) -> Row:
    return {
        "source": alert.source,
        "dedup_key": alert.dedup_key,
        "title": alert.title,
        "system": alert.system,
        "severity": alert.severity,
    }


def wrong_staleness(log: Log, heard: Heard, now: datetime) -> list[str]:
    """What is called stale wrongly, or fires although nobody heard of it for too long."""
    found = rows(log)
    wrong = [w for each in of_kind(log, "alert") for w in _hasty(each, log, heard)]
    stale_after = in_force(log, len(log)).stale_after
    for name, row in found.items():
        if row["state"] == "firing" and now - _last(heard, name) >= stale_after:
            wrong.append(f"{name} was last heard of at {_last(heard, name)} and is not stale")
    return [*wrong, *_wrong_impact(log, found)]


def _last(heard: Heard, name: str, before: datetime | None = None) -> datetime:
    return max(at for of, at in heard if str(of) == name and (before is None or at < before))


def _hasty(each: Recorded, log: Log, heard: Heard) -> Iterator[str]:
    if not isinstance(each.event, a.AlertStale):
        return
    name, at, last = name_of(each), each.event.at, each.event.last_heard_at
    what = f"AlertStale of {name} at leaf {each.leaf}"
    if at - last != in_force(log, each.leaf).stale_after:
        yield f"{what}: {at} is not the policy's time after {last}"
    if at > each.recorded_at:
        yield f"{what}: recorded before its time"
    truly = _last(heard, name, each.recorded_at)
    if not timedelta(0) <= truly - last < UNWRITTEN:
        yield f"{what}: heard at {truly}, not {last}"


def _wrong_impact(log: Log, found: dict[str, Row]) -> Iterator[str]:
    """Each firing alert keeps the impact of its own incident going, and no other."""
    firing: dict[str, set[str]] = {}
    for each in of_kind(log, "incident"):
        of = firing.setdefault(name_of(each), set())
        match each.event:
            case e.AlertLinked(alert=alert):
                of.add(str(alert))
            case e.LinkedAlertResolved(alert=alert):
                of.remove(str(alert))
            case e.Absorbed(alerts=alerts):
                of.update(str(alert) for alert in alerts)
            case e.Merged():
                of.clear()
    for name, row in found.items():
        expected = {row["incident"]} if row["state"] == "firing" and row["incident"] else set()
        actual = {incident for incident, alerts in firing.items() if name in alerts}
        if expected != actual:
            yield f"{name} is {row['state']} and goes on in {actual}, not {expected}"
