"""The engine: feeds projections from the sealed log, or from a topic whose partitions hold it.

Rows and position move in one transaction.
"""

from projections.engine.database import ViewsDatabase
from projections.engine.digest import digest
from projections.engine.generations import position, positions_of
from projections.engine.partition_projector import PartitionProjector
from projections.engine.partition_rebuild import PartitionRebuild
from projections.engine.partitions import CheckpointOffsets, Record
from projections.engine.projection import Projection
from projections.engine.projector import Progress, Projector
from projections.engine.rebuild import rebuild, rebuild_all
from projections.engine.sqlite.database import SQLiteViews

__all__ = [
    "CheckpointOffsets",
    "PartitionProjector",
    "PartitionRebuild",
    "Progress",
    "Projection",
    "Projector",
    "Record",
    "SQLiteViews",
    "ViewsDatabase",
    "digest",
    "position",
    "positions_of",
    "rebuild",
    "rebuild_all",
]
