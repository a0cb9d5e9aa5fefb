"""The transparency log's table and tiles, under the writers' lock."""

from eventsourcing.sqlite import SQLiteCursor

from ledger.errors import Conflict
from ledger.store.conflicts import log_already_advanced, log_already_started
from ledger.store.port import LogState
from ledger.store.sqlite.migration_source import Leaving, leave
from ledger.store.sqlite.migration_source import leaving as left

_STATE = (
    "SELECT CAST(origin AS TEXT), CAST(vkey AS TEXT), CAST(size AS INTEGER),"
    " CAST(checkpoint AS BLOB) FROM log"
)
_TILE = "SELECT CAST(hashes AS BLOB) FROM log_tiles WHERE level = ? AND number = ?"
"""The casts are for a store that somebody edited: a value of another type is read all the same."""


class SQLiteLogTransaction:
    """One sealing transaction (see LogTransaction)."""

    def __init__(self, cursor: SQLiteCursor) -> None:
        self._c = cursor

    def state(self) -> LogState | None:
        """The log's state; None before its start."""
        return log_state(self._c)

    def start(self, state: LogState) -> None:
        """Begins the log. Raises Conflict if it was begun."""
        self._c.execute(
            "INSERT INTO log VALUES (1, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING size",
            tuple(state),
        )
        if self._c.fetchone() is None:
            raise log_already_started()

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Leaf index and bytes of appended events from leaf `first` on."""
        self._c.execute(
            "SELECT notification_id - 1, CAST(state AS BLOB) FROM stored_events"
            " WHERE notification_id > ? ORDER BY notification_id LIMIT ?",
            (first, limit),
        )
        return [(row[0], row[1]) for row in self._c.fetchall()]

    def tile(self, level: int, index: int) -> bytes:
        """A stored tile, empty where there is none."""
        return tile(self._c, level, index)

    def advance(self, old: LogState, new: LogState, tiles: dict[tuple[int, int], bytes]) -> None:
        """Writes tiles and moves the log from `old` to `new`. Raises Conflict if it moved."""
        self._c.executemany(
            "INSERT INTO log_tiles VALUES (?, ?, ?) ON CONFLICT (level, number)"
            " DO UPDATE SET hashes = excluded.hashes",
            [(level, number, hashes) for (level, number), hashes in tiles.items()],
        )
        self._c.execute(
            "UPDATE log SET size = ?, checkpoint = ? WHERE size = ? RETURNING size",
            (new.size, new.checkpoint, old.size),
        )
        if self._c.fetchone() is None:
            raise log_already_advanced()

    def leave(self, leaving: Leaving) -> None:
        """Marks the file as left for another store; it takes no write from this commit on.

        Raises Conflict where it is marked already.
        """
        if (already := left(self._c)) is not None:
            raise Conflict(f"It is moving to {already.to} already.", remedy="Run it again.")
        leave(self._c, leaving)


def log_state(c: SQLiteCursor) -> LogState | None:
    """The log's row."""
    c.execute(_STATE)
    row = c.fetchone()
    return LogState(*row) if row else None


def tile(c: SQLiteCursor, level: int, index: int) -> bytes:
    """A tile's row."""
    c.execute(_TILE, (level, index))
    row = c.fetchone()
    return bytes(row[0]) if row else b""
