"""The statements of a table, for the database of a connection.

Building and binding a dictionary per row costs SQLAlchemy several times what a database needs to
write it. So each kind of database has its own statements, which the driver executes with tuples.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection, Dialect, Table

from projections.engine.projection import Key, Row
from projections.engine.sqlite.statements import SQLiteStatements


class Statements(Protocol):
    """The statements that write and read one table, on one kind of database."""

    def write(self, connection: Connection, rows: Iterable[Row], *, new: bool) -> None:
        """Inserts or replaces rows by primary key; only inserts if all are `new`."""
        ...

    def read(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
        """The existing rows of these keys."""
        ...

    def grant_read(self, connection: Connection) -> None:
        """Grants the readers' roles the right to read a new table."""
        ...

    def analyze(self, connection: Connection) -> None:
        """Updates the planner's statistics of a filled table."""
        ...


def write_rows(
    connection: Connection, table: Table, rows: Iterable[Row], *, new: bool = False
) -> None:
    """See `Statements.write`."""
    _statements(table, connection.dialect).write(connection, rows, new=new)


def read_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> dict[Key, Row]:
    """See `Statements.read`."""
    return _statements(table, connection.dialect).read(connection, keys)


def grant_read(connection: Connection, table: Table) -> None:
    """See `Statements.grant_read`."""
    _statements(table, connection.dialect).grant_read(connection)


def analyze(connection: Connection, table: Table) -> None:
    """See `Statements.analyze`."""
    _statements(table, connection.dialect).analyze(connection)


@lru_cache(maxsize=256)
def _statements(table: Table, dialect: Dialect) -> Statements:
    if dialect.name == "sqlite":
        return SQLiteStatements(table, dialect)
    from projections.engine.postgres.statements import PostgresStatements  # imports the driver

    return PostgresStatements(table, dialect)
