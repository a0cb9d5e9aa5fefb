"""Generations that are filled beside the live ones, and then switched in one transaction.

What a rebuild is, wherever its events come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex

from ledger.errors import Unavailable
from projections.engine.database import ViewsDatabase
from projections.engine.generations import (
    Generation,
    create,
    drop,
    find,
    next_number,
    set_state,
)
from projections.engine.projection import Key, Projection, Row
from projections.engine.row_cache import Rows
from projections.engine.statements import survey


@dataclass(slots=True)
class Table:
    """A generation that is being filled."""

    projection: Projection
    at: Generation
    rows: Rows

    def keep(self, at: Generation, changed: Mapping[Key, Row]) -> None:
        """Takes in what was committed."""
        self.at = at
        if not self.projection.inserts:
            self.rows.keep(changed)


class Building:
    """What is being filled, and what is wrong with those that were left behind."""

    def __init__(self, views: ViewsDatabase) -> None:
        self._views = views
        self.tables: list[Table] = []
        self.failure: Exception | None = None

    @property
    def names(self) -> str:
        """What is being filled, for people."""
        return ", ".join(table.projection.name for table in self.tables)

    def begin(self, projections: Sequence[Projection]) -> None:
        """Empty generations, in place of any that were left behind."""
        with self._views.begin(write=True) as connection:
            for projection in projections:
                for state in ("old", "building"):
                    while (left := find(connection, projection, state)) is not None:
                        drop(connection, projection, left.number)
                number = next_number(connection, projection)
                create(connection, projection, number, "building")
                rows = Rows(projection.table(number))
                self.tables.append(Table(projection, Generation(number, 0, b""), rows))

    def index(self) -> None:
        """Makes the indexes, one after the other: in between the live ones move on."""
        for building in self.tables:
            table = building.projection.table(building.at.number)
            for index in table.indexes:
                with self._views.begin(write=True) as connection:
                    require(connection, building)
                    connection.execute(CreateIndex(index, if_not_exists=True))
            with self._views.begin(write=True) as connection:
                require(connection, building)
                survey(connection, table)

    def leave(self, table: Table, failure: Exception) -> None:
        """Leaves one as it is, for it met what it cannot read. Raises that where none is left."""
        self.failure = self.failure or failure
        self.tables.remove(table)
        if not self.tables:
            raise self.failure

    def caught_up(self, connection: Connection, passed: int) -> bool:
        """Whether none of the live ones is farther."""
        live = [find(connection, table.projection, "live") for table in self.tables]
        return all(at is None or passed >= at.next for at in live)

    def switch(self, connection: Connection) -> None:
        """Makes them the live ones."""
        for table in self.tables:
            live = find(connection, table.projection, "live")
            if live is not None:
                set_state(connection, table.projection, live.number, "old")
            set_state(connection, table.projection, table.at.number, "live")


def require(connection: Connection, table: Table) -> None:
    """Raises Unavailable where another rebuild began its own."""
    if find(connection, table.projection, "building", table.at.number) != table.at:
        raise taken_over(table.projection.name)


def taken_over(names: str) -> Unavailable:
    """What a rebuild says that was overtaken by another."""
    return Unavailable(f"Another rebuild of {names} took over.", remedy="Let it finish.")
