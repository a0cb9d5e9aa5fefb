"""What the trends should be: times and counts of incidents, read off the log one by one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from ledger.domain.incident import events as e
from tests.property.year import counts, incidents, rca
from tests.property.year.reading import Log, name_of, of_kind, written

NAMES = ("contain", "resolve", "rca")
OUT = {"dismissed", "merged"}
Time = timedelta | str
"""A recorded time, or why there is none."""


@dataclass
class Life:
    """An incident as it stands at the log's end."""

    month: str
    system: str
    status: str
    category: str | None
    severity: str | None
    owner: str | None
    due: datetime
    times: dict[str, Time]
    near_miss: bool

    @property
    def stands(self) -> bool:
        """Whether it has a part in counts and times."""
        return self.status not in OUT and not self.near_miss


def read(log: Log) -> list[Life]:
    """Every incident."""
    found, members, clocks = incidents.read(log), counts.members(log), rca.clocks(log)
    contained: dict[str, datetime] = {}
    waived: set[str] = set()
    categories: dict[str, str] = {}
    owners: dict[str, str] = {}
    for each in of_kind(log, "incident"):
        name = name_of(each)
        match each.event:
            case e.Contained(at=at):
                contained[name] = at
                waived.discard(name)
            case e.StepWaived(step="contain"):
                waived.add(name)
            case e.Classified(category=category):
                categories[name] = str(category)
            case e.OwnerAssigned(owner=owner):
                owners[name] = owner
    lives = []
    for name, incident in found.items():
        clock, began = clocks[name], incident.detected
        imported = clock.basis == "imported"
        times = {
            "contain": "not_applicable"
            if name in waived
            else _time(began, contained.get(name), imported),
            "resolve": _time(began, incident.impact.end, imported),
            "rca": "not_applicable"
            if clock.completed is None and clock.near_miss
            else _time(began, clock.completed, imported),
        }
        lives.append(
            Life(
                month=members[name].month,
                system=incident.system,
                status=incident.status,
                category=categories.get(name),
                severity=incident.severity,
                owner=owners.get(name),
                due=clock.due,
                times=times,
                near_miss=incident.near_miss,
            )
        )
    return lives


def _time(began: datetime, ended: datetime | None, imported: bool) -> Time:
    if ended is None:
        return "pending"
    if ended < began or (imported and ended == began):
        return "invalid"
    return ended - began


def expected(
    lives: Sequence[Life], first: str, last: str, system: str | None, now: datetime
) -> dict[str, Any]:
    """The whole answer for a range of months."""
    chosen = [
        each
        for each in lives
        if first <= each.month <= last and (system is None or each.system == system)
    ]
    stand = [each for each in chosen if each.stands]
    late = [each for each in stand if each.times["rca"] == "pending" and each.due < now]
    by_system = Counter(each.system for each in stand)
    overdue = Counter(each.system for each in late)
    systems = sorted(
        {each.system for each in chosen}, key=lambda of: (-by_system[of], -overdue[of], of)
    )
    owners = Counter(each.owner for each in late)
    oldest = {of: min(each.due for each in late if each.owner == of) for of in owners}
    numbers = _numbers(chosen)
    whole = len(chosen)
    return {
        "first": first,
        "last": last,
        "system": system,
        "at": written(now),
        **numbers,
        "dismissed_share": numbers["dismissed"] / whole if whole else None,
        "merged_share": numbers["merged"] / whole if whole else None,
        "months": [
            {"month": month, **_numbers([each for each in chosen if each.month == month])}
            for month in _calendar(first, last)
        ],
        "systems": [
            {
                "system": of,
                "rca_overdue": overdue[of],
                **_numbers([each for each in chosen if each.system == of]),
            }
            for of in systems[:20]
        ],
        "systems_in_all": len(systems),
        "categories": _tallies([each.category for each in stand]),
        "severities": _tallies([each.severity for each in stand]),
        "rca_overdue": len(late),
        "late": [
            {"owner": of, "overdue": owners[of], "oldest_due": written(oldest[of])}
            for of in sorted(owners, key=lambda of: (-owners[of], oldest[of], of or ""))
        ],
    }


def _numbers(chosen: Sequence[Life]) -> dict[str, Any]:
    stand = [each for each in chosen if each.stands]
    return {
        "incidents": len(stand),
        "near_misses": sum(each.near_miss and each.status not in OUT for each in chosen),
        "dismissed": sum(each.status == "dismissed" for each in chosen),
        "merged": sum(each.status == "merged" for each in chosen),
        **{name: _times([each.times[name] for each in stand]) for name in NAMES},
    }


def _times(times: Sequence[Time]) -> dict[str, Any]:
    known = sorted(each for each in times if isinstance(each, timedelta))
    return {
        "recorded": len(known),
        "pending": times.count("pending"),
        "not_applicable": times.count("not_applicable"),
        "invalid": times.count("invalid"),
        "median_seconds": known[ceil(len(known) / 2) - 1].total_seconds() if known else None,
        "p90_seconds": known[ceil(len(known) * 9 / 10) - 1].total_seconds() if known else None,
    }


def _tallies(values: Sequence[str | None]) -> list[dict[str, Any]]:
    found = Counter(values)
    ordered = sorted(found, key=lambda each: (-found[each], each or ""))
    return [{"value": value, "incidents": found[value]} for value in ordered]


def _calendar(first: str, last: str) -> list[str]:
    year, month = int(first[:4]), int(first[5:])
    found = []
    while (at := f"{year:04d}-{month:02d}") <= last:
        found.append(at)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
