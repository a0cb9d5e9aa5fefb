"""The database of read models, with their positions and generations.

What SQLite and PostgreSQL have in common: the tables of positions, the transaction, and the errors
that a row or a statement causes.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from projections.engine.types import portable

METADATA = MetaData()

POSITIONS = Table(
    "positions",
    METADATA,
    Column("projection", portable(String()), primary_key=True),
    Column("version", portable(Integer()), primary_key=True),
    Column("generation", portable(Integer()), primary_key=True),
    Column("next", portable(Integer()), nullable=False),
    Column("stands_on", LargeBinary, key="anchor_hash", nullable=False),
    Column("state", portable(String()), nullable=False),
)
"""`next` is the first leaf not folded yet, `stands_on` (here `anchor_hash`) the hash of the leaf
before it; `state` is live, building or old."""

PARTITIONS = Table(
    "partitions",
    METADATA,
    Column("projection", portable(String()), primary_key=True),
    Column("version", portable(Integer()), primary_key=True),
    Column("generation", portable(Integer()), primary_key=True),
    Column("partition", portable(Integer()), primary_key=True),
    Column("topic", portable(Integer()), nullable=False),
    Column("next", portable(Integer()), nullable=False),
    Column("leaf", portable(Integer()), nullable=False),
    Column("events", portable(Integer()), nullable=False),
)
"""The position of a generation in each partition of a topic: `topic` is the topic's generation,
`next` the first offset not read yet, `leaf` the last leaf below it (-1: none), `events` the number
of distinct leaves below it."""

_ROW_ERRORS = (DataError, IntegrityError, ProgrammingError)
_ROW_CLASSES = frozenset({"22", "23", "42", "54"})
"""SQLSTATE classes: bad data, violated constraint, wrong statement, value too long."""
_DATABASE_STATES = frozenset({"42501", "42P01"})
"""No privilege, and no such table: writing the same rows may succeed later."""


class ViewsDatabase(Protocol):
    """Read models in SQLite or PostgreSQL. Thread-safe; raises Unavailable on failure."""

    def begin(self, *, write: bool = False) -> AbstractContextManager[Connection]:
        """A transaction on one snapshot; a writing one is exclusive, and commits at its end.

        Raises Unavailable; an error of a row or a statement stays SQLAlchemy's own.
        """
        ...

    def checkpoint(self) -> bool:
        """Empties the log of a file's pages; whether it did. Raises Unavailable."""
        ...

    def close(self) -> None:
        """Closes every connection."""
        ...


def is_row_error(error: SQLAlchemyError) -> bool:
    """Whether the error is of a row or a statement, not of the database."""
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    if sqlstate is None:
        return isinstance(error, _ROW_ERRORS)
    return sqlstate[:2] in _ROW_CLASSES and sqlstate not in _DATABASE_STATES
