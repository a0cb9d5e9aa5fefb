"""A ledger that comes from another store, whole: all of its rows in one transaction.

`COPY` takes them as they stream by. Nothing is seen by anybody before the commit.
"""

from collections.abc import Callable, Iterable
from typing import Any

from psycopg import sql

from ledger.errors import SettingsError
from ledger.store.port import Entry, LogState
from ledger.store.postgres.events import READ
from ledger.store.postgres.log import PostgresLogTransaction
from ledger.store.table_catalogue import ALL_TABLES, WholeTable

ROWS_PER_STEP = 1_000
_IDENTITY = """SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()) || '/' || oid
    FROM pg_catalog.pg_database WHERE datname = current_database()"""
_MISSING = """SELECT t FROM unnest(%s::text[]) AS t
    WHERE NOT has_table_privilege('airledger.' || t, 'INSERT')"""


class PostgresArrival(PostgresLogTransaction):
    """The store under the writers' lock, to take a whole ledger; leaving without error commits."""

    def database(self) -> str:
        """Which database this is, by its own account: the same through every address of it."""
        return str(_only(self._connection.execute(_IDENTITY).fetchone()))

    def require_rights(self) -> None:
        """Raises SettingsError for a user who may not write every table."""
        tables = [*(table.name for table in ALL_TABLES), "log"]
        missing = [name for (name,) in self._connection.execute(_MISSING, (tables,)).fetchall()]
        if missing:
            raise SettingsError(
                f"The user of store.url may not write {', '.join(missing)}.",
                remedy="Grant it airledger_intake and airledger_sealer: see"
                " docs/how-to/move-to-postgresql.md.",
            )

    def occupied(self) -> str | None:
        """The first table that holds anything, but for the log's; None when all are empty."""
        for table in ALL_TABLES:
            query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(_name(table))
            if _only(self._connection.execute(query).fetchone()):
                return table.name
        return None

    def copy_rows(
        self, table: WholeTable, rows: Iterable[tuple[Any, ...]], step: Callable[[int], None]
    ) -> int:
        """Writes rows as they come; how many they were. `step` is told now and then."""
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
        count = 0
        with (
            self._connection.cursor() as cursor,
            cursor.copy(statement.format(_name(table), columns)) as copy,
        ):
            copy.set_types(list(table.columns.values()))
            for row in rows:
                copy.write_row(row)
                count += 1
                if count % ROWS_PER_STEP == 0:
                    step(count)
        return count

    def adopt_log(self, state: LogState) -> None:
        """The log's row as the other store had it, whether it was begun here with its key or not.

        Raises psycopg.Error.
        """
        if self.state() is None:
            self.start(state)
        else:
            self._connection.execute(
                "UPDATE airledger.log SET size = %s, checkpoint = %b",
                (state.size, state.checkpoint),
            )

    def log_state(self) -> LogState | None:
        """The log as it will be (see Store.log_state)."""
        return self.state()

    def read(self, first: int, limit: int) -> list[Entry]:
        """Events in log order (see Store.read)."""
        rows = self._connection.execute(READ, (first, False, limit), binary=True).fetchall()
        return list(map(Entry._make, rows))


def _name(table: WholeTable) -> sql.Identifier:
    return sql.Identifier("airledger", table.name)


def _only(row: tuple[Any, ...] | None) -> Any:
    return row[0] if row else None
