"""What nobody may do to a ledger: its rows edited behind its back, older ones put in their place.

Statements are SQL that SQLite and PostgreSQL both understand, with `zeroblob(size)` and
`replaced(bytes, old, new)`. On PostgreSQL a superuser runs them, with the triggers off that refuse
such a thing to anybody else.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.store.postgres import schema
from tests.harness.homes import home

_GUARDED = ("stored_events", "log", "log_tiles")
_FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION public.zeroblob(size integer) RETURNS bytea LANGUAGE sql
        RETURN decode(repeat('00', size), 'hex')""",
    """CREATE OR REPLACE FUNCTION public.replaced(state bytea, old text, new text) RETURNS bytea
        LANGUAGE sql RETURN
        convert_to(replace(convert_from(state, 'UTF8'), old, new), 'UTF8')""",
)


def tamper(data_dir: Path, *statements: str) -> None:
    """Somebody edits the store of this data directory."""
    there = home(data_dir)
    if there is None:
        with closing(sqlite3.connect(data_dir / "ledger.db", isolation_level=None)) as file:
            file.create_function("replaced", 3, _replaced)
            for statement in statements:
                file.execute(statement)
        return
    with there.database.connected() as connection, connection.transaction():
        for function in _FUNCTIONS:
            connection.execute(function)
        connection.execute(f"SET LOCAL search_path = {schema.SCHEMA}, public")
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            connection.execute(statement)
        for again in schema.GUARD:
            connection.execute(again)


def _replaced(state: bytes, old: str, new: str) -> bytes:
    return state.replace(old.encode(), new.encode())


def copy_of(data_dir: Path) -> str:
    """A backup of the store alone, whole and consistent; nobody has it open. Its name."""
    there = home(data_dir)
    if there is not None:
        return there.copy()
    with closing(sqlite3.connect(data_dir / "ledger.db")) as file:
        file.execute("VACUUM INTO ?", (str(data_dir / "backup.db"),))
    return "backup.db"


def put_back(data_dir: Path, backup: str) -> None:
    """The store as it was, beside the key and checkpoint as they are; nobody has it open."""
    there = home(data_dir)
    if there is not None:
        there.put_back(backup)
        return
    lose(data_dir)
    shutil.copy(data_dir / backup, data_dir / "ledger.db")


def lose(data_dir: Path) -> None:
    """The store is gone, as if it had never been; nobody has it open."""
    there = home(data_dir)
    if there is not None:
        there.put_back(there.database.server.template())
        return
    for file in data_dir.glob("ledger.db*"):
        file.unlink()
