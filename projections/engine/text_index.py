"""The full-text index of a table of words.

The table's columns hold words of letters and digits, separated by single spaces, already in one
case (`projections.words`): neither database parses or folds a text, so both find the same rows. On
SQLite the index is an FTS5 table without a copy of the words, which triggers keep up to date; on
PostgreSQL it is a GIN index over the words as a tsvector. Neither needs an extension of PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, Select, Table, column, literal, select, table, text

from projections.words import Word

_EVENTS = ("INSERT", "DELETE", "UPDATE")


@dataclass(frozen=True, slots=True)
class TextIndex:
    """The columns of words, and the integer column by which rows are found: unique, never changed.

    `columns` are never null.
    """

    key: str
    columns: tuple[str, ...]


def create_text_index(connection: Connection, of: Table, index: TextIndex) -> None:
    """Creates and fills the index of a table if it is missing."""
    if connection.dialect.name == "sqlite":
        _create_on_sqlite(connection, of, index)
    else:
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS {_name(of)} ON {of.name}"
            f" USING gin (({_vector(index)})) WITH (fastupdate = off)"
        )


def drop_text_index(connection: Connection, of: Table) -> None:
    """Drops the index; on PostgreSQL it goes with its table, as do the triggers on SQLite."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_name(of)}")


def rewrite(connection: Connection, of: Table, index: TextIndex | None) -> None:
    """Writes a table of SQLite and its index of words anew: nothing of former rows remains.

    The connection has `secure_delete` on, so that pages which become free are emptied.
    """
    name, copy = of.name, f"{of.name}_copy"
    indexed = index is not None and _is_there(connection, _name(of))
    if indexed:
        for each in _EVENTS:
            connection.exec_driver_sql(f"DROP TRIGGER {_name(of)}_{each.lower()}")
        drop_text_index(connection, of)
    for statement in (
        f"DROP TABLE IF EXISTS {copy}",
        f"CREATE TABLE {copy} AS SELECT * FROM {name}",  # noqa: S608 - names of ours
        f"DELETE FROM {name}",  # noqa: S608
        f"INSERT INTO {name} SELECT * FROM {copy}",  # noqa: S608
        f"DROP TABLE {copy}",
    ):
        connection.exec_driver_sql(statement)
    if indexed and index is not None:
        _create_on_sqlite(connection, of, index)


def matching_keys(
    connection: Connection, of: Table, index: TextIndex, words: Sequence[Word]
) -> Select[Any]:
    """The query for the keys of the rows in which all words occur, in any column."""
    if connection.dialect.name == "sqlite":
        wanted = " ".join(f'"{word.text}"{" *" if word.prefix else ""}' for word in words)
        found = table(_name(of), column("rowid", Integer))
        condition = text(f"{_name(of)} MATCH :words").bindparams(words=wanted)
        return select(found.c.rowid.label(index.key)).where(condition)
    wanted = " & ".join(f"'{word.text}'{':*' if word.prefix else ''}" for word in words)
    condition = text(f"{_vector(index)} @@ CAST(:words AS tsquery)").bindparams(words=wanted)
    return select(of.c[index.key]).where(condition)


def _name(of: Table) -> str:
    return f"{of.name}_text"


def _vector(index: TextIndex) -> str:
    """The words of all columns as a tsvector, by functions that are immutable."""
    joined = " || ' ' || ".join(index.columns)
    return f"array_to_tsvector(array_remove(string_to_array({joined}, ' '), ''))"


def _is_there(connection: Connection, name: str) -> bool:
    there = select(literal(1)).select_from(table("sqlite_master", column("name")))
    return connection.execute(there.where(column("name") == name)).first() is not None


def _create_on_sqlite(connection: Connection, of: Table, index: TextIndex) -> None:
    name, columns = _name(of), ", ".join(index.columns)
    if _is_there(connection, name):
        return
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='{of.name}',"
        f" content_rowid='{index.key}', detail=none, tokenize='ascii')"
    )
    connection.exec_driver_sql(f"INSERT INTO {name}({name}) VALUES ('rebuild')")  # noqa: S608 - names of ours
    remove = (
        f"INSERT INTO {name}({name}, rowid, {columns})"  # noqa: S608
        f" VALUES ('delete', old.{index.key}, {_of('old', index)});"
    )
    values = f"new.{index.key}, {_of('new', index)}"
    add = f"INSERT INTO {name}(rowid, {columns}) VALUES ({values});"  # noqa: S608
    for event, statements in zip(_EVENTS, (add, remove, f"{remove} {add}"), strict=True):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {of.name}"
            f" BEGIN {statements} END"
        )


def _of(row: str, index: TextIndex) -> str:
    return ", ".join(f"{row}.{each}" for each in index.columns)
