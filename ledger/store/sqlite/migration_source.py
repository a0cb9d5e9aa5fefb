"""A ledger that leaves its file for another store: from the mark on, the file takes no write.

The mark and the triggers that hold it are made in one transaction under the writers' lock, so every
process that has the file open is refused by the database itself, whatever it knows of moving. Once
the ledger arrived, the file keeps its log and no text or name of a person beside it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.sqlite import SQLiteCursor

from ledger.store.keys import kept_key
from ledger.store.sqlite.datastore import LEFT_FOR
from ledger.store.table_catalogue import ALL_TABLES, Kind, WholeTable

_GUARDED = (*(table.name for table in ALL_TABLES), "log", "probe")
_WRITES = ("INSERT", "UPDATE", "DELETE")
_REMOVED = (
    "people",
    "identified_people",
    "identities",
    "bodies",
    "quarantine",
    "sessions",
    "session_grants",
    "single_uses",
)
"""Tables of what people and senders wrote, and who they are; they are emptied on arrival.

The log's check reads none of them.
"""
ROWS_PER_FETCH = 500


class Leaving(NamedTuple):
    """Where a ledger goes: its address without password, and that database's own identity.

    `size` and `root` are of all that there will ever be here. `done` is when it had arrived.
    """

    to: str
    database: str
    at: str
    size: int
    root: bytes
    done: str | None = None


def leave(c: SQLiteCursor, leaving: Leaving) -> None:
    """Marks the file; nothing is written to its tables from here on."""
    c.execute(
        """CREATE TABLE leaving (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            to_store TEXT NOT NULL,
            database TEXT NOT NULL,
            at TEXT NOT NULL,
            size INTEGER NOT NULL,
            root BLOB NOT NULL,
            done TEXT)"""
    )
    c.execute("INSERT INTO leaving VALUES (1, ?, ?, ?, ?, ?, ?)", tuple(leaving))
    _guard(c, leaving.to)


def stay(c: SQLiteCursor) -> None:
    """Takes the mark away."""
    _unguard(c)
    c.execute("DROP TABLE IF EXISTS leaving")


def arrived(c: SQLiteCursor, at: str) -> None:
    """The mark says that the other store has it all, and what lay beside the log is emptied here.

    Texts keep their rows, without key and content. The triggers are gone for the length of this
    transaction, in which nobody else writes.
    """
    if (mark := leaving(c)) is None:
        return
    c.execute("PRAGMA secure_delete = ON")
    c.execute("UPDATE leaving SET done = ? WHERE done IS NULL", (at,))
    _unguard(c)
    c.execute(
        "UPDATE texts SET key = NULL, content = NULL WHERE key IS NOT NULL OR content IS NOT NULL"
    )
    for table in _REMOVED:
        c.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
    _guard(c, mark.to)


def leaving(c: SQLiteCursor) -> Leaving | None:
    """The mark; None on a ledger that stays."""
    c.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'leaving'")
    if c.fetchone() is None:
        return None
    c.execute("SELECT to_store, database, at, size, root, done FROM leaving")
    row = c.fetchone()
    return Leaving(*row) if row else None


def rows(c: SQLiteCursor, table: WholeTable) -> Iterator[tuple[Any, ...]]:
    """Every row of a table in the order of its key, its values as PostgreSQL takes them.

    A key from outside is bounded (see `keys`): releases before kept it at any length.
    """
    columns = ", ".join(_column(name, kind) for name, kind in table.columns.items())
    c.execute(f"SELECT {columns} FROM {table.name} ORDER BY 1")  # noqa: S608 - names of ours
    changed = [
        (place, kept_key if name in table.keys else _CHANGED[kind])
        for place, (name, kind) in enumerate(table.columns.items())
        if name in table.keys or kind in _CHANGED
    ]
    while found := c.sqlite_cursor.fetchmany(ROWS_PER_FETCH):
        if not changed:
            yield from found
            continue
        for row in found:
            values = list(row)
            for place, change in changed:
                values[place] = change(values[place])
            yield tuple(values)


_CHANGED: dict[Kind, Callable[[Any], Any]] = {"uuid": UUID, "bool": bool}


def _column(name: str, kind: Kind) -> str:
    """Text becomes its UTF-8 bytes where PostgreSQL keeps bytes."""
    return f"CAST({name} AS BLOB)" if kind == "bytea" else name


def _guard(c: SQLiteCursor, to: str) -> None:
    message = f"{LEFT_FOR}{to}".replace("'", "''")
    for name, table, write in _triggers():
        c.execute(
            f"CREATE TRIGGER {name} BEFORE {write} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _unguard(c: SQLiteCursor) -> None:
    for name, _, _ in _triggers():
        c.execute(f"DROP TRIGGER IF EXISTS {name}")


def _triggers() -> Iterator[tuple[str, str, str]]:
    for table in _GUARDED:
        for write in _WRITES:
            yield f"left_{table}_{write.lower()}", table, write
