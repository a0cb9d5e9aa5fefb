"""Queries of one series: what a metric of a system was in a segment, the newest values."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from ledger.domain.judging.points import Point
from ledger.vocabulary import Direction, Purpose
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.measurements import MEASUREMENTS


def newest_of(
    views: ViewsDatabase, system_id: str, metric: str, segment: str, limit: int
) -> list[Row]:
    """The newest measurements of a series in operation, in order, retracted ones too."""
    with views.begin() as connection:
        table = live_table(connection, MEASUREMENTS)
        if table is None:
            return []
        c = table.c
        query = (
            select(table)
            .where(
                c.system_id == system_id,
                c.metric == metric,
                c.segment == segment,
                c.purpose == Purpose.MONITORING.value,
            )
            .order_by(c.until.desc(), c.leaf.desc())
            .limit(limit)
        )
        found: list[Any] = [dict(row) for row in connection.execute(query).mappings()]
        return found[::-1]


def point_in(row: Row) -> Point:
    """The measurement of a row, as judging looks at it."""
    return Point(
        measurement=UUID(row["measurement"]),
        leaf=row["leaf"],
        until=msgspec.convert(row["until"], datetime),
        value=row["value"] if row["standard"] is None else row["standard"],
        unit=row["standard_unit"],
        direction=Direction(row["direction"]) if row["direction"] else None,
        n=row["n"],
        retracted=row["retracted"],
    )
