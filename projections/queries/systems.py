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


def names_in_use(views: ViewsDatabase) -> dict[str, str]:
    """The names of the systems that are registered and not retired, by their ids."""
    with views.begin() as connection:
        table = live_table(connection, SYSTEMS)
        if table is None:
            return {}
        query = select(table.c.system_id, table.c.system).where(table.c.retired_at.is_(None))
        return dict(connection.execute(query).all())
