"""The transparency log's table and tiles, under the writers' lock."""

from ledger.store.conflicts import log_already_advanced, log_already_started
from ledger.store.port import LogState
from ledger.store.postgres.notify_listener import SEALED
from ledger.store.postgres.pool import Connection

STATE = "SELECT origin, vkey, size, checkpoint FROM airledger.log"
TILE = "SELECT hashes FROM airledger.log_tiles WHERE level = %s AND number = %s"
_MOVE = f"""UPDATE airledger.log SET size = %s, checkpoint = %b WHERE size = %s
    RETURNING size, pg_notify('{SEALED}', '')"""  # noqa: S608 - no value in it


class PostgresLogTransaction:
    """One sealing transaction (see LogTransaction)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def state(self) -> LogState | None:
        """The log's state; None before its start."""
        row = self._connection.execute(STATE, binary=True).fetchone()
        return LogState(*row) if row else None

    def start(self, state: LogState) -> None:
        """Begins the log. Raises Conflict if it was begun."""
        begun = self._connection.execute(
            "INSERT INTO airledger.log VALUES (1, %s, %s, %s, %b) ON CONFLICT DO NOTHING"
            " RETURNING size",
            tuple(state),
        )
        if begun.fetchone() is None:
            raise log_already_started()

    def events(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Leaf index and bytes of appended events from leaf `first` on."""
        return self._connection.execute(
            "SELECT notification_id - 1, state FROM airledger.stored_events"
            " WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
            (first, limit),
            binary=True,
        ).fetchall()

    def tile(self, level: int, index: int) -> bytes:
        """A stored tile, empty where there is none."""
        row = self._connection.execute(TILE, (level, index), binary=True).fetchone()
        return row[0] if row else b""

    def advance(self, old: LogState, new: LogState, tiles: dict[tuple[int, int], bytes]) -> None:
        """Writes tiles and moves the log from `old` to `new`. Raises Conflict if it moved."""
        self._connection.execute(
            "INSERT INTO airledger.log_tiles"
            " SELECT * FROM unnest(%b::integer[], %b::bigint[], %b::bytea[])"
            " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes",
            (
                [level for level, _ in tiles],
                [number for _, number in tiles],
                list(tiles.values()),
            ),
        )
        moved = self._connection.execute(_MOVE, (new.size, new.checkpoint, old.size))
        if moved.fetchone() is None:
            raise log_already_advanced()
