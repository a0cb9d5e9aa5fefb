"""The points of series, which objectives and triggers judge."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.domain.judging.points import Point
from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.sqlite.datastore import LedgerDatastore

_SINCE = "SELECT row FROM measured WHERE series = ?1 AND until >= ?2"
_NEWEST = "SELECT row FROM measured WHERE series = ? ORDER BY until DESC LIMIT ?"
_OF = """SELECT series, row FROM measured
    WHERE measurement IN (SELECT value FROM json_each(?))"""
_decode = msgspec.json.Decoder(Point).decode


def points(datastore: LedgerDatastore, series: UUID, since: datetime, newest: int) -> list[Point]:
    """See `FollowerReads.points`."""
    with datastore.reading() as c:
        c.execute(_SINCE, (str(series), time_text(since)))
        rows = c.fetchall()
        if len(rows) < newest:
            c.execute(_NEWEST, (str(series), newest))
            rows = c.fetchall()
    return sorted((_decode(row) for (row,) in rows), key=lambda point: point.place)


def points_of(
    datastore: LedgerDatastore, measurements: Iterable[UUID]
) -> dict[UUID, r.MeasuredPoint]:
    """See `FollowerReads.points_of`."""
    with datastore.reading() as c:
        c.execute(_OF, (msgspec.json.encode([str(each) for each in measurements]).decode(),))
        found = [(UUID(series), _decode(row)) for series, row in c.fetchall()]
    return {
        point.measurement: r.MeasuredPoint(series=series, point=point) for series, point in found
    }


def keep_point(c: SQLiteCursor, record: r.MeasuredPoint) -> None:
    """Stores a point in place of its measurement's former one."""
    of = record.point
    c.execute(
        "INSERT OR REPLACE INTO measured VALUES (?, ?, ?, ?)",
        (str(of.measurement), str(record.series), time_text(of.until), msgspec.json.encode(of)),
    )
