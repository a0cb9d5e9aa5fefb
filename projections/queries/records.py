"""The query of what was written about one incident."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.timeline import TIMELINE


class RecordedRows(NamedTuple):
    """The number of an incident's written events, and the newest of them in log order."""

    total: int = 0
    newest: Sequence[Row] = ()


def records(views: ViewsDatabase, of: str, *, most: int) -> RecordedRows:
    """An incident's events but those of its alerts; a storm's rows are not read."""
    with views.begin() as connection:
        table = live_table(connection, TIMELINE)
        if table is None:
            return RecordedRows()
        written = (table.c.incident == of, table.c.record.is_not(None))
        total = connection.execute(select(func.count()).select_from(table).where(*written))
        newest = select(table).where(*written).order_by(table.c.record.desc()).limit(most)
        rows = [dict(row) for row in connection.execute(newest).mappings()]
        return RecordedRows(total.scalar_one(), rows[::-1])
