"""Queries of objectives: what was measured over a window, the newest of it, and open breaches."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, case, func, literal, or_, select

from ledger.policy.objectives import Comparison
from ledger.vocabulary import BreachStatus, Direction, Purpose
from projections.breaches import BREACHES
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.measurements import MEASUREMENTS
from projections.register import REGISTER


class Asked(NamedTuple):
    """What is asked of a metric: measurements from `since` on, in a unit and direction.

    `targets` are those of systems that have one of their own, by the systems' ids; `target` is that
    of the others.
    """

    metric: str
    unit: str
    direction: Direction
    least: int
    since: str
    comparison: Comparison
    target: float
    targets: Mapping[str, float]
    system_id: str | None = None


class Measured(NamedTuple):
    """What the measurements of a system and segment come to: `judged` ones, and the others.

    `met` counts those that meet the target. `weighed` is the sum of values by their samples,
    `samples` that of samples. `newest` is the last judged value, and when it ended.
    """

    system: str
    system_id: str
    segment: str
    judged: int
    unjudged: int
    met: int
    weighed: float
    samples: int
    newest: tuple[float, str] | None


def measured(views: ViewsDatabase, asked: Asked) -> list[Measured]:
    """The measurements of a metric in operation, by system and segment."""
    with views.begin() as connection:
        table = live_table(connection, MEASUREMENTS)
        if table is None:
            return []
        c = table.c
        judged = and_(
            c.judgeable,
            c.standard_unit == asked.unit,
            c.direction == asked.direction.value,
            c.n >= asked.least,
        )
        own = [(c.system_id == of, literal(value)) for of, value in asked.targets.items()]
        target: Any = case(*own, else_=asked.target) if own else literal(asked.target)
        meets = {
            "<": c.standard < target,
            "<=": c.standard <= target,
            ">": c.standard > target,
            ">=": c.standard >= target,
        }[asked.comparison]
        where = [
            c.metric == asked.metric,
            c.purpose == Purpose.MONITORING.value,
            c.until >= asked.since,
            c.retracted.is_(False),
        ]
        if asked.system_id is not None:
            where.append(c.system_id == asked.system_id)
        met = case((judged, case((meets, 1), else_=0)), else_=0)
        groups = connection.execute(
            select(
                c.system_id,
                c.segment,
                case((judged, 1), else_=0).label("is_judged"),
                met.label("is_met"),
                func.min(c.system),
                func.count(),
                func.sum(c.standard * c.n),
                func.sum(c.n * 1.0),
                func.max(c.until),
            )
            .where(*where)
            .group_by(c.system_id, c.segment, "is_judged", "is_met")
        ).all()
        folded = _folded(_Group(*row) for row in groups)
        return [
            each
            if until is None
            else each._replace(
                newest=(_newest(connection, table, asked, each, until, judged), until)
            )
            for each, until in sorted(folded, key=lambda pair: (pair[0].system, pair[0].segment))
        ]


class _Group(NamedTuple):
    """The measurements of a series that are judged, or are not, and meet the target, or do not."""

    system_id: str
    segment: str
    is_judged: int
    is_met: int
    system: str
    number: int
    weighed: float | None
    samples: float | None
    until: str


def _folded(groups: Iterable[_Group]) -> list[tuple[Measured, str | None]]:
    """What the groups of each series come to, and when the last one that is judged ended."""
    by_series: defaultdict[tuple[str, str], list[_Group]] = defaultdict(list)
    for each in groups:
        by_series[each.system_id, each.segment].append(each)
    found = []
    for (of, segment), mine in by_series.items():
        judged = [each for each in mine if each.is_judged]
        measured = Measured(
            system=min(each.system for each in mine),
            system_id=of,
            segment=segment,
            judged=sum(each.number for each in judged),
            unjudged=sum(each.number for each in mine if not each.is_judged),
            met=sum(each.number for each in judged if each.is_met),
            weighed=math.fsum(float(each.weighed or 0) for each in judged),
            samples=int(math.fsum(float(each.samples or 0) for each in judged)),
            newest=None,
        )
        found.append((measured, max((each.until for each in judged), default=None)))
    return found


def not_measured(breach: Row) -> Measured:
    """What was measured where a breach goes on, and nothing was measured since a time."""
    where = breach["system"], breach["system_id"], breach["segment"]
    return Measured(*where, judged=0, unjudged=0, met=0, weighed=0.0, samples=0, newest=None)


def _newest(
    connection: Any, table: Table, asked: Asked, of: Measured, until: str, judged: Any
) -> float:
    c = table.c
    query = (
        select(c.standard)
        .where(
            c.metric == asked.metric,
            c.purpose == Purpose.MONITORING.value,
            c.system_id == of.system_id,
            c.segment == of.segment,
            c.until == until,
            judged,
        )
        .order_by(c.leaf.desc())
        .limit(1)
    )
    return float(connection.execute(query).scalar_one())


def open_breaches(views: ViewsDatabase) -> dict[tuple[str, str, str], Row]:
    """The breaches that go on, by objective, id of the system, and segment."""
    with views.begin() as connection:
        table = live_table(connection, BREACHES)
        if table is None:
            return {}
        query = select(table).where(table.c.status == BreachStatus.BREACHED.value)
        rows = connection.execute(query).mappings().all()
        return {(row["objective"], row["system_id"], row["segment"]): dict(row) for row in rows}


def incidents_of_category(
    views: ViewsDatabase, category: str, since: str, left_out: Iterable[str]
) -> dict[str, int]:
    """The number of incidents of a category detected since, by system."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return {}
        c = table.c
        query = (
            select(c.system, func.count())
            .where(
                or_(c.category == category, c.secondary_category == category),
                c.detected_at >= since,
                c.status.not_in(list(left_out)),
                c.near_miss.is_(False),
            )
            .group_by(c.system)
        )
        return {system: int(count) for system, count in connection.execute(query).all()}
