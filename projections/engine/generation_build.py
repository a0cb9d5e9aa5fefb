"""A rebuild, whatever its feed: fills generations beside the live ones, then switches them.

The switch of all generations is one transaction.
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
from projections.engine.row_cache import RowCache
from projections.engine.statements import analyze
from projections.engine.text_index import create_text_index


@dataclass(slots=True)
class Table:
    """A generation that is being filled."""

    projection: Projection
    at: Generation
    rows: RowCache

    def keep(self, at: Generation, changed: Mapping[Key, Row]) -> None:
        """Stores the committed position and rows."""
        self.at = at
        if not self.projection.inserts:
            self.rows.keep(changed)


class GenerationBuild:
    """The generations that are being filled, and the first error of an abandoned one."""

    def __init__(self, views: ViewsDatabase) -> None:
        self._views = views
        self.tables: list[Table] = []
        self.failure: Exception | None = None

    @property
    def names(self) -> str:
        """The names of the projections that are being filled."""
        return ", ".join(table.projection.name for table in self.tables)

    def begin(self, projections: Sequence[Projection]) -> None:
        """Creates empty generations, and drops old and unfinished ones."""
        with self._views.begin(write=True) as connection:
            for projection in projections:
                for state in ("old", "building"):
                    while (left := find(connection, projection, state)) is not None:
                        drop(connection, projection, left.number)
                number = next_number(connection, projection)
                create(connection, projection, number, "building")
                rows = RowCache(projection.table(number))
                self.tables.append(Table(projection, Generation(number, 0, b""), rows))

    def index(self) -> None:
        """Creates the indexes one by one: the live generations are updated in between."""
        for building in self.tables:
            table = building.projection.table(building.at.number)
            for index in table.indexes:
                with self._views.begin(write=True) as connection:
                    require_current(connection, building)
                    connection.execute(CreateIndex(index, if_not_exists=True))
            if (words := building.projection.text_index) is not None:
                with self._views.begin(write=True) as connection:
                    require_current(connection, building)
                    create_text_index(connection, table, words)
            with self._views.begin(write=True) as connection:
                require_current(connection, building)
                analyze(connection, table)

    def abandon(self, table: Table, failure: Exception) -> None:
        """Abandons a generation that met an unreadable event. Raises the error if none is left."""
        self.failure = self.failure or failure
        self.tables.remove(table)
        if not self.tables:
            raise self.failure

    def caught_up(self, connection: Connection, passed: int) -> bool:
        """Whether no live generation is ahead of this position."""
        live = [find(connection, table.projection, "live") for table in self.tables]
        return all(at is None or passed >= at.next for at in live)

    def switch(self, connection: Connection) -> None:
        """Makes these generations the live ones."""
        for table in self.tables:
            live = find(connection, table.projection, "live")
            if live is not None:
                set_state(connection, table.projection, live.number, "old")
            set_state(connection, table.projection, table.at.number, "live")


def require_current(connection: Connection, table: Table) -> None:
    """Raises Unavailable if another rebuild replaced the table."""
    if find(connection, table.projection, "building", table.at.number) != table.at:
        raise superseded(table.projection.name)


def superseded(names: str) -> Unavailable:
    """The error of a rebuild that another one replaced."""
    return Unavailable(f"Another rebuild of {names} took over.", remedy="Wait until it finishes.")
