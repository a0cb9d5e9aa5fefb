"""Queries of AI systems: which are registered."""

from sqlalchemy import select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.systems import SYSTEMS


def registered_ids(views: ViewsDatabase) -> frozenset[str]:
    """The ids of all that were ever registered."""
    with views.begin() as connection:
        table = live_table(connection, SYSTEMS)
        if table is None:
            return frozenset()
        return frozenset(connection.execute(select(table.c.system_id)).scalars())
