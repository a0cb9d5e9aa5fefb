"""Queries of controls: where each stands."""

from collections.abc import Collection

from sqlalchemy import select

from projections.controls import CONTROLS
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row


def control_rows(views: ViewsDatabase, controls: Collection[str]) -> dict[str, Row]:
    """The rows of these controls of the catalogue, of every system, by their ids."""
    with views.begin() as connection:
        table = live_table(connection, CONTROLS)
        if table is None or not controls:
            return {}
        found = connection.execute(select(table).where(table.c.control.in_(sorted(controls))))
        return {row["control_id"]: dict(row) for row in found.mappings()}
