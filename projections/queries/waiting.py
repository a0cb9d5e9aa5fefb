"""How many incidents match filters of the register, without their rows."""

from sqlalchemy import func, select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.queries.incidents import IncidentFilters, conditions
from projections.register import REGISTER


def count_incidents(views: ViewsDatabase, filters: IncidentFilters) -> int:
    """How many incidents match."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return 0
        found = select(func.count()).select_from(table)
        matching = found.where(*conditions(connection, table.c, filters))
        return connection.execute(matching).scalar_one()
