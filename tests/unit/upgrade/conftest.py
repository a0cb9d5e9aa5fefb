"""A ledger of an earlier program, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from ledger.settings import Settings
from ledger.store.postgres import initialise
from ledger.store.sqlite import SQLiteStore
from tests.harness import old_ledgers
from tests.harness.postgres import Database
from tests.unit.upgrade.old_program import OldOnPostgres, OldOnSQLite, OldProgram


class Old(NamedTuple):
    """A restored ledger: its settings, what migrates it, and a program of before on it."""

    settings: Settings
    migrate: Callable[[], object]
    program: Callable[[], OldProgram]


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.component("postgres"))]
)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    """The ledger of commit d5443e7, not migrated yet."""
    data_dir = tmp_path / "data"
    if request.param == "sqlite":
        settings = old_ledgers.restore_sqlite(data_dir)
        path = settings.ledger_path
        return Old(settings, lambda: SQLiteStore(path).close(), lambda: OldOnSQLite(path))
    database: Database = request.getfixturevalue("empty")
    settings = old_ledgers.restore_postgres(database, data_dir)
    return Old(settings, lambda: initialise(database.url), lambda: OldOnPostgres(database.url))


def columns_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    """Columns by their table."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table, *column in rows:
        found.setdefault(table, []).append(tuple(column))
    return found


def postgres_columns(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """The columns of every table of a ledger, in their order."""
    return columns_of(
        connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'airledger' ORDER BY table_name, ordinal_position"
        )
    )
