"""The statements of a table, on the database that a connection is of.

Building and binding a dictionary a row costs SQLAlchemy several times what a database needs to
write it: so each kind of database has statements of its own, on which the driver executes tuples.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection, Dialect, Table

from projections.engine.projection import Key, Row
from projections.engine.sqlite.statements import SQLiteStatements


class Statements(Protocol):
    """What one table is written and read with, on one kind of database."""

    def write(self, connection: Connection, rows: Iterable[Row], *, new: bool) -> None:
        """Inserts or replaces rows by their primary key; only inserts where all are `new`."""
        ...

    def read(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
        """The rows of these keys that are there."""
        ...

    def share(self, connection: Connection) -> None:
        """Lets those read the new table who read the others."""
        ...

    def survey(self, connection: Connection) -> None:
        """Tells the planner what is in a table that was filled."""
        ...


def write_rows(
    connection: Connection, table: Table, rows: Iterable[Row], *, new: bool = False
) -> None:
    """See `Statements.write`."""
    _statements(table, connection.dialect).write(connection, rows, new=new)


def read_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """See `Statements.read`."""
    return _statements(table, connection.dialect).read(connection, keys)


def share(connection: Connection, table: Table) -> None:
    """See `Statements.share`."""
    _statements(table, connection.dialect).share(connection)


def survey(connection: Connection, table: Table) -> None:
    """See `Statements.survey`."""
    _statements(table, connection.dialect).survey(connection)


@lru_cache(maxsize=256)
def _statements(table: Table, dialect: Dialect) -> Statements:
    if dialect.name == "sqlite":
        return SQLiteStatements(table, dialect)
    from projections.engine.postgres.statements import PostgresStatements  # imports the driver

    return PostgresStatements(table, dialect)
