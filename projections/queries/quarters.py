"""Queries for the comparison of quarters: the points of each series since a time."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select

from ledger.domain.judging.points import Point
from ledger.vocabulary import Direction, Purpose
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.measurements import MEASUREMENTS


class Series(NamedTuple):
    """What is compared with itself: a metric of a system, in a segment ("" is the whole)."""

    system: str
    metric: str
    segment: str


def points_since(
    views: ViewsDatabase, metrics: Collection[str], since: str
) -> dict[Series, list[Point]]:
    """The points of these metrics in operation that end at `since` or later, by series, in order.

    Without those that were retracted.
    """
    with views.begin() as connection:
        table = live_table(connection, MEASUREMENTS)
        if table is None:
            return {}
        c = table.c
        query = (
            select(table)
            .where(
                c.metric.in_(list(metrics)),
                c.purpose == Purpose.MONITORING.value,
                c.until >= since,
                c.retracted.is_(False),
            )
            .order_by(c.system_id, c.metric, c.segment, c.until, c.leaf)
        )
        found: defaultdict[Series, list[Point]] = defaultdict(list)
        for row in connection.execute(query).mappings():
            point = Point(
                measurement=UUID(row["measurement"]),
                leaf=row["leaf"],
                until=msgspec.convert(row["until"], datetime),
                value=row["value"] if row["standard"] is None else row["standard"],
                unit=row["standard_unit"],
                direction=Direction(row["direction"]) if row["direction"] else None,
                n=row["n"],
                dataset=row["dataset_digest"],
                judge=row["judge"],
            )
            found[Series(row["system"], row["metric"], row["segment"])].append(point)
        return dict(found)
