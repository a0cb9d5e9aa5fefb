"""What read models have of erased texts: blanked in rows, and then gone from the database's files.

The generation that folds an erasure blanks its own rows. Others of the same version would keep the
words: an old one is dropped in the same transaction, and one that is being filled is blanked.

In a file of SQLite, what was overwritten may remain in the index of words and, though each
connection sets `secure_delete`, in gaps of pages from which rows moved to others. So the tables are
written anew, into emptied pages (`scrub`), once everything is folded: that takes as long as filling
them, and a log that is folded from its beginning has many erasures. That it is due is in the file,
in the transaction of the fold. On PostgreSQL dead rows and entries of the index go when the table
is vacuumed, by autovacuum or the owner of the server; nobody can read them through it until then.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum

from sqlalchemy import Connection, select, update

from projections.engine.database import POSITIONS, ViewsDatabase
from projections.engine.generations import drop
from projections.engine.projection import OutsideColumn, Projection, Row
from projections.engine.text_index import rewrite

TEXTS_PER_STATEMENT = 300
"""Databases limit the number of values in one statement."""


class _Due(IntEnum):
    """What a file of SQLite still needs; it is the file's `user_version`."""

    NOTHING = 0
    REWRITE = 1
    CHECKPOINT = 2


def blanked(row: Row, outside: Iterable[OutsideColumn], erased: Collection[str]) -> Row:
    """The row without what it has of erased texts."""
    return {**row, **{each.name: "" for each in outside if row[each.text] in erased}}


def blank_other_generations(
    connection: Connection, projection: Projection, number: int, erased: Collection[str]
) -> None:
    """Removes erased texts from the generations that are neither live nor `number`."""
    for other, state in _generations(connection, projection):
        if other == number or state == "live":
            continue
        if state == "old":
            drop(connection, projection, other)
        else:
            _blank(connection, projection, other, sorted(erased))
    if connection.dialect.name == "sqlite":
        _set_due(connection, _Due.REWRITE)


def is_scrub_due(connection: Connection) -> bool:
    """Whether erased texts may remain in the database's files; see `scrub`."""
    return _due(connection) is not _Due.NOTHING


def scrub(views: ViewsDatabase, projections: Iterable[Projection]) -> None:
    """Removes what the database's files still have of erased texts, as far as it is due.

    A reader that is under way puts off the last step: call it again later. Raises Unavailable.
    """
    with views.begin() as connection:
        due = _due(connection)
    if due is _Due.REWRITE:
        with views.begin(write=True) as connection:
            for projection in projections:
                if projection.outside:
                    for number, _ in _generations(connection, projection):
                        rewrite(connection, projection.table(number), projection.text_index)
            _set_due(connection, _Due.CHECKPOINT)
    if due is not _Due.NOTHING and views.checkpoint():
        with views.begin(write=True) as connection:
            if _due(connection) is _Due.CHECKPOINT:
                _set_due(connection, _Due.NOTHING)


def _generations(connection: Connection, projection: Projection) -> list[tuple[int, str]]:
    """The number and state of every generation of this version."""
    query = select(POSITIONS.c.generation, POSITIONS.c.state).where(
        POSITIONS.c.projection == projection.name, POSITIONS.c.version == projection.version
    )
    return [(number, state) for number, state in connection.execute(query)]


def _blank(
    connection: Connection, projection: Projection, number: int, erased: Sequence[str]
) -> None:
    table = projection.table(number)
    for start in range(0, len(erased), TEXTS_PER_STATEMENT):
        some = erased[start : start + TEXTS_PER_STATEMENT]
        for name, text in projection.outside:
            gone = table.c[text].in_(some)
            connection.execute(update(table).where(gone).values({name: ""}))


def _due(connection: Connection) -> _Due:
    if connection.dialect.name != "sqlite":
        return _Due.NOTHING
    return _Due(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _set_due(connection: Connection, due: _Due) -> None:
    connection.exec_driver_sql(f"PRAGMA user_version = {int(due)}")
