"""Queries of objectives: what was measured over a window, the newest of it, and open breaches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)

from ledger.policy.objectives import Comparison
from ledger.vocabulary import BreachStatus, Direction
from projections.breaches import BREACHES
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.measurements import MEASUREMENTS
from projections.queries.ordering import Columns
from projections.register import REGISTER

MOST_APART = 20
"""So many series of a system are summed one by one."""


class Asked(NamedTuple):
    """What is asked of a metric: measurements from `since` on, in a unit and direction.

    `targets` are those of systems that have one of their own, by the systems' ids; `target` is that
    of the others. Without `by_samples`, values are not summed by their samples.
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
    by_samples: bool = True


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
        found: defaultdict[tuple[str, str], list[_Part]] = defaultdict(list)
        for sums in _sums(connection, table, asked):
            part = _Part(sums, _newest(connection, table, asked, sums))
            found[sums.system_id, part.newest.segment].append(part)
        folded = [_folded(parts, asked) for parts in found.values()]
        return sorted(folded, key=lambda each: (each.system, each.segment))


class _Sums(NamedTuple):
    """What a series comes to in the window.

    `enough` of its `number` measurements have enough samples; `met`, `weighed` and `samples` are of
    these.
    """

    system_id: str
    series: str
    number: int
    enough: int
    met: int
    weighed: float | None = None
    samples: float | None = None


class _Part(NamedTuple):
    """A series of a segment, and its newest row in the window."""

    sums: _Sums
    newest: Any


def _sums(connection: Connection, table: Table, asked: Asked) -> list[_Sums]:
    """The sums of each series that was measured in the window.

    Those of one system, where they are few, are a range of an index each. Others are grouped: for
    that SQLite sorts the measurements, which takes several times as long.
    """
    c = table.c
    summed = _summed(c, asked)
    where = [c.metric == asked.metric, c.until >= asked.since]
    if (of := asked.system_id) is not None:
        where.append(c.system_id == of)
        if (apart := _series_of(connection, table, asked.metric, of)) is not None:
            one = select(*summed).where(*where, c.series == bindparam("one"))
            sums = [
                _Sums(of, each, *connection.execute(one, {"one": each}).one()) for each in apart
            ]
            return [each for each in sums if each.number]
    grouped = (
        select(c.system_id, c.series, *summed)
        .where(*where, c.series.is_not(None))
        .group_by(c.system_id, c.series)
    )
    return [_Sums(*row) for row in connection.execute(grouped)]


def _series_of(
    connection: Connection, table: Table, metric: str, system_id: str
) -> list[str] | None:
    """Every series of a system and metric, each one step in an index; None for too many."""
    c = table.c
    query = select(func.min(c.series)).where(
        c.system_id == system_id, c.metric == metric, c.series > bindparam("after")
    )
    found = [""]
    while (following := connection.scalar(query, {"after": found[-1]})) is not None:
        if len(found) > MOST_APART:
            return None
        found.append(following)
    return found[1:]


def _summed(c: Columns, asked: Asked) -> list[ColumnElement[Any]]:
    """What is summed of a series, as `_Sums` has it."""
    own = [] if asked.system_id else [(c.system_id == of, v) for of, v in asked.targets.items()]
    usual = asked.targets.get(asked.system_id or "", asked.target)
    target: Any = case(*own, else_=usual) if own else literal(usual)
    meets = {
        "<": c.standard < target,
        "<=": c.standard <= target,
        ">": c.standard > target,
        ">=": c.standard >= target,
    }[asked.comparison]
    enough = c.n >= asked.least
    counts: list[ColumnElement[Any]] = [
        func.count(),
        func.count(case((enough, 1))),
        func.count(case((and_(enough, meets), 1))),
    ]
    if not asked.by_samples:
        return counts
    weighed, samples = (case((enough, each)) for each in (c.standard * c.n, c.n * 1.0))
    return [*counts, func.sum(weighed), func.sum(samples)]


def _newest(connection: Connection, table: Table, asked: Asked, of: _Sums) -> Any:
    """The newest row of a series in the window, of those with enough samples if there are any."""
    c = table.c
    query = (
        select(c.system, c.segment, c.judgeable, c.standard_unit, c.direction, c.standard, c.until)
        .where(
            c.system_id == of.system_id,
            c.metric == asked.metric,
            c.series == of.series,
            c.until >= asked.since,
        )
        .order_by(c.until.desc(), c.leaf.desc())
        .limit(1)
    )
    return connection.execute(query.where(c.n >= asked.least) if of.enough else query).one()


def _folded(parts: Iterable[_Part], asked: Asked) -> Measured:
    """What the series of a segment come to: one is judged at most. The newest names the system."""
    parts = sorted(parts, key=lambda each: each.newest.until)
    last = parts[-1].newest
    measured = Measured(
        system=last.system,
        system_id=parts[-1].sums.system_id,
        segment=last.segment,
        judged=0,
        unjudged=sum(each.sums.number for each in parts),
        met=0,
        weighed=0.0,
        samples=0,
        newest=None,
    )
    wanted = True, asked.unit, asked.direction.value
    for sums, newest in parts:
        if sums.enough and (newest.judgeable, newest.standard_unit, newest.direction) == wanted:
            return measured._replace(
                judged=sums.enough,
                unjudged=measured.unjudged - sums.enough,
                met=sums.met,
                weighed=float(sums.weighed or 0),
                samples=int(sums.samples or 0),
                newest=(float(newest.standard), newest.until),
            )
    return measured


def not_measured(breach: Row) -> Measured:
    """What was measured where a breach goes on, and nothing was measured since a time."""
    where = breach["system"], breach["system_id"], breach["segment"]
    return Measured(*where, judged=0, unjudged=0, met=0, weighed=0.0, samples=0, newest=None)


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
