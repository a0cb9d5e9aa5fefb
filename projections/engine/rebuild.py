"""A rebuild fills a new generation beside the live one, then switches in one transaction.

The old generation stays until the next rebuild, for readers that are still in it.
"""

from projections.engine.database import ViewsDatabase
from projections.engine.generations import create, drop, find, next_number, set_state
from projections.engine.projection import Projection
from projections.engine.projector import Projector


def rebuild(
    projector: Projector, views: ViewsDatabase, projection: Projection, *, until: int
) -> int:
    """Reads a projection anew up to at least leaf `until`; returns the number of events passed.

    Raises UnknownEvent where the log holds what this program cannot read; the live generation then
    stays as it is.
    """
    with views.begin(write=True) as connection:
        for state in ("old", "building"):
            while (left := find(connection, projection, state)) is not None:
                drop(connection, projection, left.number)
        number = next_number(connection, projection)
        create(connection, projection, number, "building")
    position = 0
    while position < until:
        position = projector.fold_into(projection, number)
    with views.begin(write=True) as connection:
        live = find(connection, projection, "live")
        if live is not None:
            set_state(connection, projection, live.number, "old")
        set_state(connection, projection, number, "live")
    projector.resume()
    return position
