"""The engine: feeds a projection from the sealed log; rows and position move in one transaction."""

from projections.engine.database import ViewsDatabase
from projections.engine.digest import digest
from projections.engine.generations import position, positions_of
from projections.engine.projection import Projection
from projections.engine.projector import Progress, Projector
from projections.engine.rebuild import rebuild, rebuild_all

__all__ = [
    "Progress",
    "Projection",
    "Projector",
    "ViewsDatabase",
    "digest",
    "position",
    "positions_of",
    "rebuild",
    "rebuild_all",
]
