"""A rebuild fills a new generation beside the live one, then switches in one transaction.

The old generation stays until the next rebuild, for readers that are still in it.
"""

from sqlalchemy import Connection

from ledger.errors import Unavailable
from projections.engine.database import ViewsDatabase
from projections.engine.fold import advance
from projections.engine.generations import create, drop, find, next_number, set_state
from projections.engine.projection import Projection
from projections.engine.projector import Projector


def rebuild(
    projector: Projector, views: ViewsDatabase, projection: Projection, *, until: int
) -> int:
    """Reads a projection anew up to at least leaf `until`, and to where the live one stands.

    Returns the number of events passed. Raises what is wrong with an event that this program
    cannot read, and Unavailable where fewer than `until` are sealed or another rebuild took over;
    the live generation then stays as it is.
    """
    number = _begin(views, projection)
    feed = projector.new_feed()
    while True:
        feed.refresh()
        with views.begin(write=True) as connection:
            at = find(connection, projection, "building", number)
            if at is None:
                raise Unavailable(
                    f"Another rebuild of {projection.name} took over.", remedy="Let it finish."
                )
            after = advance(connection, feed.batch(at.next), projection, at)
            at_end = after.next == at.next
            live = find(connection, projection, "live")
            if after.next >= until and (at_end or live is None or after.next >= live.next):
                _switch(connection, projection, number)
                break
        if at_end:
            raise Unavailable(
                f"Only {after.next} events are sealed, and the rebuild of {projection.name} is to "
                f"reach {until}.",
                remedy="Let a sealer run: airledger serve.",
            )
    projector.resume()
    return after.next


def _begin(views: ViewsDatabase, projection: Projection) -> int:
    """An empty generation, in place of any that was left behind."""
    with views.begin(write=True) as connection:
        for state in ("old", "building"):
            while (left := find(connection, projection, state)) is not None:
                drop(connection, projection, left.number)
        number = next_number(connection, projection)
        create(connection, projection, number, "building")
    return number


def _switch(connection: Connection, projection: Projection, number: int) -> None:
    live = find(connection, projection, "live")
    if live is not None:
        set_state(connection, projection, live.number, "old")
    set_state(connection, projection, number, "live")
