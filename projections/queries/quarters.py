"""Queries for the comparison of quarters: the means of each series, before and since a time."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import case, func, select

from ledger.domain.judging.points import Point
from ledger.vocabulary import Direction, Purpose
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.measurements import MEASUREMENTS


class Series(NamedTuple):
    """What is compared with itself: a metric of a system, in a segment ("" is the whole)."""

    system: str
    metric: str
    segment: str


def points_since(
    views: ViewsDatabase, metrics: Collection[str], since: str, begin: str
) -> dict[Series, list[Point]]:
    """What was measured of these metrics in operation from `since` on, by series.

    Measurements of one data set, judge, unit and direction are one point: their mean, each by its
    samples, and the number of all samples; one of those before `begin`, and one of those since.
    What was retracted is left out.
    """
    with views.begin() as connection:
        table = live_table(connection, MEASUREMENTS)
        if table is None:
            return {}
        c = table.c
        same = (c.dataset_digest, c.judge, c.standard_unit, c.direction, c.judgeable)
        is_now = case((c.until >= begin, 1), else_=0).label("is_now")
        query = (
            select(
                c.system_id,
                c.metric,
                c.segment,
                is_now,
                *same,
                func.min(c.system).label("system"),
                func.max(c.leaf).label("leaf"),
                func.max(c.until).label("until"),
                func.sum(c.standard * c.n).label("weighed"),
                func.sum(c.n * 1.0).label("samples"),
            )
            .where(
                c.metric.in_(list(metrics)),
                c.purpose == Purpose.MONITORING.value,
                c.until >= since,
                c.retracted.is_(False),
            )
            .group_by(c.system_id, c.metric, c.segment, "is_now", *same)
            .order_by(c.system_id, c.metric, c.segment, "is_now")
        )
        found: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in connection.execute(query).mappings():
            found[row["system_id"], row["metric"], row["segment"]].append(dict(row))
        return {
            Series(min(row["system"] for row in rows), metric, segment): [
                _point(row) for row in rows
            ]
            for (_, metric, segment), rows in found.items()
        }


def _point(row: Row) -> Point:
    """The mean of measurements as a point; of what cannot be judged, that there is some."""
    known = bool(row["judgeable"])
    return Point(
        measurement=UUID(int=0),
        leaf=row["leaf"],
        until=msgspec.convert(row["until"], datetime),
        value=float(row["weighed"]) / float(row["samples"]) if known else 0.0,
        unit=row["standard_unit"] if known else None,
        direction=Direction(row["direction"]) if row["direction"] else None,
        n=round(float(row["samples"])) if known else None,
        dataset=row["dataset_digest"],
        judge=row["judge"],
    )
