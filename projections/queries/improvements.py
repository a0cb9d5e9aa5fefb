"""Queries of improvements: how many wait for a decision."""

from sqlalchemy import func, select

from ledger.domain.improvement import ImprovementStatus
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.improvements import IMPROVEMENTS


def count_undecided(views: ViewsDatabase) -> int:
    """How many were proposed, and neither accepted nor rejected."""
    with views.begin() as connection:
        table = live_table(connection, IMPROVEMENTS)
        if table is None:
            return 0
        waits = table.c.status == ImprovementStatus.PROPOSED.value
        return connection.execute(select(func.count()).where(waits)).scalar_one()
