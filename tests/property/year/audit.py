"""A year is held against the naive reading: its log, its read models, and what a restart adds."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import to_builtins
from msgspec.structs import asdict

from consumers import read_service
from consumers.read_service.items import Items
from ledger.domain.envelope import Recorded
from ledger.domain.review import ReviewLaunched, ReviewOverdue
from ledger.vocabulary import Impact, RcaState
from projections import queries
from projections.catalogue import PROJECTIONS
from projections.engine import digest, rebuild
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.incidents import IncidentFilters
from projections.queries.rca import RcaFilters
from projections.rca_sla import RCA_SLA
from tests.property.year import alerts, counts, incidents, meanings, rca, trends
from tests.property.year.reading import Log, in_force, name_of, written
from tests.property.year.simulation import Town
from tests.unit.projections.toy import rows

INSTANT = timedelta(microseconds=1)
PAGE = 3


def audit(town: Town) -> None:
    """Settles the town, and asserts everything there is to assert of it."""
    town.settle()
    log = town.log()
    assert [] == counts.wrong_decisions(log)
    assert [] == rca.wrong_marks(log, town.now)
    assert [] == meanings.wrong_signals(log, town.heard)
    assert [] == alerts.wrong_staleness(log, town.heard, town.now)
    assert [] == alerts.wrong_impact(log)
    assert _by_month(counts.due_reviews(log)) == _by_month(counts.launched_reviews(log))
    _audit_views(town, log)
    _audit_rebuilt(town)
    _audit_restarted(town, log)


def _by_month(reviews: list[counts.Review]) -> list[counts.Review]:
    return sorted(reviews, key=lambda review: (review.month, review.system))


def _audit_views(town: Town, log: Log) -> None:
    clocks = rca.clocks(log)
    assert {(name,): clock.row(name) for name, clock in clocks.items()} == rows(town.views, RCA_SLA)
    for now in _moments(town, clocks):
        assert _states(clocks, now) == _asked(town, now)
    ledger = town.ledger
    assert _counts(log) == _paged(
        lambda cursor: read_service.counts.monthly_counts(ledger, cursor=cursor, limit=PAGE)
    )
    assert _reviews(town, log) == _paged(
        lambda cursor: read_service.counts.reviews(
            ledger, ReviewFilters(), cursor=cursor, limit=PAGE
        )
    )
    assert list(reversed(alerts.rows(log).values())) == _paged(
        lambda cursor: read_service.alerts.list_alerts(
            ledger, AlertFilters(), cursor=cursor, limit=PAGE
        )
    )
    _audit_register(town, incidents.rows(log))
    _audit_trends(town, log)


def _audit_register(town: Town, expected: dict[str, incidents.Row]) -> None:
    """The register, and how it stands: each tile with the rows behind it."""
    assert expected == _register(town, IncidentFilters(), expected)
    standing = queries.incidents.register_summary(town.views, written(town.now) or "")
    open_ones = {name: row for name, row in expected.items() if row["status"] == "open"}
    assert (len(expected), len(open_ones)) == (standing.total, standing.open)
    for flag in ("near_miss", "triage"):
        for value in (True, False):
            behind = {name: row for name, row in expected.items() if row[flag] is value}
            chosen: dict[str, Any] = {flag: value}
            assert behind == _register(town, IncidentFilters(**chosen), expected)
    assert standing.triage == sum(bool(row["triage"]) for row in open_ones.values())
    assert standing.near_misses == sum(bool(row["near_miss"]) for row in open_ones.values())
    tiles = {Impact.ONGOING: standing.ongoing, Impact.UNKNOWN: standing.unknown}
    for impact in Impact:
        behind = {name: row for name, row in open_ones.items() if row["impact"] == impact}
        filters = IncidentFilters(status="open", impact=impact)
        assert behind == _register(town, filters, expected)
        assert tiles.get(impact, len(behind)) == len(behind)


def _audit_trends(town: Town, log: Log) -> None:
    """The trends of all months there are, of each alone, and of each system."""
    lived = trends.read(log)
    places = {(each.month, each.system) for each in lived}
    months = sorted({month for month, _ in places})
    ranges: list[tuple[str, str, str | None]] = [(month, month, None) for month in months[:3]]
    if months:
        newest = months[-1]
        ranges += [(newest, newest, system) for system in {of for _, of in places}]
        five_years_before = f"{int(newest[:4]) - 5}{newest[4:]}"
        ranges.append((max(months[0], five_years_before), newest, None))
    for first, last, system in ranges:
        found = read_service.trends.trends(town.ledger, first=first, last=last, system=system)
        assert trends.expected(lived, first, last, system, town.now) == to_builtins(found)


def _register(
    town: Town, filters: IncidentFilters, like: dict[str, incidents.Row]
) -> dict[str, incidents.Row]:
    """The register's rows, with the fields that the expected ones have."""
    found = _paged(
        lambda cursor: read_service.incidents.register(
            town.ledger, filters, cursor=cursor, limit=PAGE
        )
    )
    return {
        row["id"]: {field: row[field] for field in like[row["id"]]} | {"alerts": set(row["alerts"])}
        for row in found
    }


def _moments(town: Town, clocks: dict[str, rca.Clock]) -> list[datetime]:
    """Now, and about the times of some clocks."""
    some = list(clocks.values())[:3]
    edges = [edge for clock in some for edge in (clock.due, clock.at_risk)]
    return [town.now, *(edge + by for edge in edges for by in (-INSTANT, 0 * INSTANT, INSTANT))]


def _states(clocks: dict[str, rca.Clock], now: datetime) -> dict[str, list[str]]:
    by_due = sorted(clocks, key=lambda name: (clocks[name].due, name))
    return {
        state.value: [name for name in by_due if clocks[name].state(now) == state]
        for state in RcaState
    }


def _asked(town: Town, now: datetime) -> dict[str, list[str]]:
    at = written(now) or ""
    return {
        state.value: [
            row["incident"]
            for row in queries.rca.clocks(town.views, RcaFilters(state=state), now=at).rows
        ]
        for state in RcaState
    }


def _paged(page: Callable[[str | None], Items[Any]]) -> list[dict[str, Any]]:
    """Every item of a list, a page at a time."""
    found = page(None)
    items = list(found.items)
    while found.next is not None:
        found = page(found.next)
        items += found.items
    return [asdict(item) for item in items]


def _counts(log: Log) -> list[dict[str, Any]]:
    members = counts.members(log)
    reviews = {(each.month, each.system): each for each in counts.due_reviews(log)}
    places = {member.place for member in members.values() if member.place} | set(reviews)
    places |= {(member.month, member.system) for member in members.values() if member.averted}
    threshold = in_force(log, len(log)).more_than
    by_system = sorted(places, key=lambda place: place[1])
    return [
        _count(place, counts.counted(members, place), reviews.get(place), threshold)
        | _near_misses(counts.averted(members, place))
        for place in sorted(by_system, key=lambda place: place[0], reverse=True)
    ]


def _near_misses(found: list[counts.Member]) -> dict[str, Any]:
    references = [f"INC-{member.leaf}" for member in found]
    return {"near_misses": len(found), "near_miss_references": references}


def _count(
    place: tuple[str, str], found: list[counts.Member], review: counts.Review | None, now: int
) -> dict[str, Any]:
    threshold = review.threshold if review else now
    return {
        "month": place[0],
        "system": place[1],
        "count": len(found),
        "threshold": threshold,
        "crossed": review is not None or len(found) > threshold,
        "crossed_at": written(review.at) if review else counts.crossed_at(found, threshold),
        "incidents": [member.incident for member in found],
        "references": [f"INC-{member.leaf}" for member in found],
        "review": review.id if review else None,
        "heard_share": None,  # no process of a town gives signs that it takes signals
        "silence_measured": False,
    }


def _reviews(town: Town, log: Log) -> list[dict[str, Any]]:
    members = counts.members(log)
    told = {name_of(each): each for each in log if isinstance(each.event, ReviewLaunched)}
    marks = {name_of(each): each for each in log if isinstance(each.event, ReviewOverdue)}
    assert len(marks) == sum(isinstance(each.event, ReviewOverdue) for each in log)
    newest = sorted(counts.due_reviews(log), key=lambda each: -told[each.id].leaf)
    for each in newest:  # a host's clock may be ahead, or behind
        if each.due is None or town.now < each.due - rca.MOST_AHEAD:
            assert each.id not in marks
        elif town.now > each.due + rca.MOST_AHEAD:
            assert each.due == marks[each.id].event.at
    return [
        _review(each, members, told[each.id])
        | {
            "state": "overdue" if each.due is not None and town.now > each.due else "open",
            "version": 2 if each.id in marks else 1,
            "overdue_recorded_at": written(marks[each.id].recorded_at)
            if each.id in marks
            else None,
        }
        for each in newest
    ]


def _review(
    each: counts.Review, members: dict[str, counts.Member], told: Recorded
) -> dict[str, Any]:
    now = counts.counted(members, (each.month, each.system))
    later = [member for member in now if member.incident not in each.incidents]
    return {
        "id": each.id,
        "month": each.month,
        "system": each.system,
        "threshold": each.threshold,
        "zone": each.zone,
        "action": each.action,
        "leaf": each.leaf,
        "count": len(each.incidents),
        "incidents": list(each.incidents),
        "references": [f"INC-{members[incident].leaf}" for incident in each.incidents],
        "launched_at": written(each.at),
        "recorded_at": written(told.recorded_at),
        "launched_leaf": told.leaf,
        "count_now": len(now),
        "later_count": len(later),
        "later": [member.incident for member in later],
        "later_references": [f"INC-{member.leaf}" for member in later],
        "reference": f"REV-{told.leaf}",
        "due_at": written(each.due),
        "owner": None,
        "findings": None,
        "actions": [],
        "concluded_at": None,
        "late": False,
    }


def _audit_rebuilt(town: Town) -> None:
    before = {each.name: digest(town.views, each) for each in PROJECTIONS}
    for projection in PROJECTIONS:
        rebuild(town.projector, town.views, projection, until=town.store.size())
    assert before == {each.name: digest(town.views, each) for each in PROJECTIONS}


def _audit_restarted(town: Town, log: Log) -> None:
    for host in range(len(town.hosts)):
        town.restart(host)
    town.settle()
    assert len(log) == town.store.size()
