"""Where read models live: one database, positions and live generations included.

What the two kinds of database share: the tables of positions, the transaction, and which errors
are of a row.
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
    Column("stands_on", LargeBinary, nullable=False),
    Column("state", portable(String()), nullable=False),
)
"""`next` is the first leaf not folded yet, `stands_on` the hash of the leaf before it; `state` is
live, building or old."""

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
"""Where a generation stands in a topic whose partitions are logs of their own: `topic` is the
topic's generation, `next` the first offset not read yet, `leaf` the last leaf below it (-1: none),
`events` how many different ones are below it."""

_ROW_ERRORS = (DataError, IntegrityError, ProgrammingError)
_ROW_CLASSES = frozenset({"22", "23", "42", "54"})
"""Of SQLSTATE: bad data, a broken constraint, a statement that is wrong, and a value too long."""
_OF_THE_DATABASE = frozenset({"42501", "42P01"})
"""No right, and no such table: the same rows may be written later."""


class ViewsDatabase(Protocol):
    """Read models in SQLite or PostgreSQL. Thread-safe; raises Unavailable when it cannot."""

    def begin(self, *, write: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that sees one state; a writing one is alone, and commits at its end.

        Raises Unavailable; what is wrong with a row or a statement stays SQLAlchemy's own error.
        """
        ...

    def close(self) -> None:
        """Lets go of every connection."""
        ...


def is_of_a_row(error: SQLAlchemyError) -> bool:
    """Whether a row or a statement is wrong, and not the database."""
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    if sqlstate is None:
        return isinstance(error, _ROW_ERRORS)
    return sqlstate[:2] in _ROW_CLASSES and sqlstate not in _OF_THE_DATABASE
