"""The points of series, which objectives and triggers judge."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ledger.domain.judging.points import Point
from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.postgres.datastore import Datastore
from ledger.store.postgres.pool import Connection

_SINCE = "SELECT row FROM airledger.measured WHERE series = %s AND until >= %s"
_NEWEST = "SELECT row FROM airledger.measured WHERE series = %s ORDER BY until DESC LIMIT %s"
_OF = "SELECT series, row FROM airledger.measured WHERE measurement = ANY (%b)"
_decode = msgspec.json.Decoder(Point).decode


def points(datastore: Datastore, series: UUID, since: datetime, newest: int) -> list[Point]:
    """See `FollowerReads.points`."""
    rows = datastore.query(_SINCE, (series, time_text(since)))
    if len(rows) < newest:
        rows = datastore.query(_NEWEST, (series, newest))
    return sorted((_decode(row) for (row,) in rows), key=lambda point: point.place)


def points_of(datastore: Datastore, measurements: Iterable[UUID]) -> dict[UUID, r.MeasuredPoint]:
    """See `FollowerReads.points_of`."""
    rows = datastore.query(_OF, (list(measurements),))
    found = [(series, _decode(row)) for series, row in rows]
    return {
        point.measurement: r.MeasuredPoint(series=series, point=point) for series, point in found
    }


def keep_point(c: Connection, record: r.MeasuredPoint) -> None:
    """Stores a point in place of its measurement's former one."""
    of = record.point
    c.execute(
        "INSERT INTO airledger.measured VALUES (%s, %s, %s, %b)"
        " ON CONFLICT (measurement) DO UPDATE SET series = excluded.series,"
        " until = excluded.until, row = excluded.row",
        (of.measurement, record.series, time_text(of.until), msgspec.json.encode(of)),
    )
