"""The engine: feeds a projection from the sealed log; rows and position move in one transaction."""

from projections.engine.database import ViewsDatabase
from projections.engine.digest import digest
from projections.engine.generations import position, positions_of
from projections.engine.projection import Projection
from projections.engine.projector import Progress, Projector
from projections.engine.rebuild import rebuild, rebuild_all
from projections.engine.sqlite.database import SQLiteViews

__all__ = [
    "Progress",
    "Projection",
    "Projector",
    "SQLiteViews",
    "ViewsDatabase",
    "digest",
    "position",
    "positions_of",
    "rebuild",
    "rebuild_all",
]
