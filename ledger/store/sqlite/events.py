"""Appending and reading events: the library's recorder, batched, with its own numbering."""

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor

from ledger.store.conflicts import require_end, require_tail
from ledger.store.port import Entry, NewEvent
from ledger.store.side_records import SideWrite
from ledger.store.sqlite.library_mapper import LibraryMapper
from ledger.store.sqlite.schema import MIGRATIONS
from ledger.store.sqlite.side_writes import write_side_writes

_COLUMNS = "notification_id - 1, originator_id, originator_version, topic, CAST(state AS BLOB)"
"""The cast is for a store that somebody edited: text in place of bytes is read as its bytes."""
STREAMS_PER_QUERY = 500
ROWS_PER_INSERT = 50
"""A call into SQLite lets go of the interpreter's lock and waits to have it again, which beside
busy threads costs more than the row, and `executemany` does so for each. A statement of many rows
that may ABORT keeps a journal of its own, in a file; one that may only ROLLBACK needs none."""


_mapper = LibraryMapper()


def to_library(new: Sequence[NewEvent]) -> list[StoredEvent]:
    """Events as the library's recorder takes them."""
    return [_mapper.to_stored_event(event) for event in new]


class EventRecorder(SQLiteApplicationRecorder):
    """Numbers events itself under the writers' lock: leaf index = notification_id - 1, no gaps."""

    def construct_create_table_statements(self) -> list[str]:
        """All tables of the ledger; `open_file` makes them."""
        return [statement for each in MIGRATIONS for statement in each.statements]

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> range:
        """Appends events, and `side_writes` with them; returns the leaf indices."""
        with self.datastore.transaction(commit=True) as c:
            return self._insert_events(c, stored_events, **kwargs)

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> range:
        side_writes: Sequence[SideWrite] = kwargs.get("side_writes", ())
        first = next_leaf(c)
        _insert(c, first, stored_events)
        write_side_writes(c, side_writes)
        return range(first, first + len(stored_events))


def _insert(c: SQLiteCursor, first: int, stored_events: Sequence[StoredEvent]) -> None:
    rows = [
        (number, e.originator_id, e.originator_version, e.topic, e.state)
        for number, e in enumerate(stored_events, start=first + 1)
    ]
    for start in range(0, len(rows), ROWS_PER_INSERT):
        chunk = rows[start : start + ROWS_PER_INSERT]
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(chunk))
        c.execute(
            f"INSERT OR ROLLBACK INTO stored_events VALUES {marks}",  # noqa: S608 - only marks
            [value for row in chunk for value in row],
        )


def restore(
    c: SQLiteCursor, first: int, new: Sequence[NewEvent], side_writes: Sequence[SideWrite]
) -> None:
    """Writes missing events to their leaves. Raises Conflict where the store ends elsewhere."""
    c.execute("SELECT coalesce(max(notification_id), 0) FROM stored_events")
    require_end(c.fetchone()[0], first)
    _insert(c, first, to_library(new))
    write_side_writes(c, side_writes)


def next_leaf(c: SQLiteCursor) -> int:
    """The leaf index of the next event. Raises Fork where the tail of the log is missing."""
    c.execute(
        "SELECT (SELECT coalesce(max(notification_id), 0) FROM stored_events),"
        " (SELECT size FROM log)"
    )
    appended, sealed = c.fetchone()
    require_tail(appended, sealed or 0)
    return int(appended)


def is_stored(c: SQLiteCursor, events: Sequence[NewEvent]) -> range | None:
    """The leaf indices of these very bytes, if every one of them stands in its place."""
    leaves = []
    for event in events:
        c.execute(
            "SELECT notification_id - 1, state FROM stored_events"
            " WHERE originator_id = ? AND originator_version = ?",
            (event.stream, event.version),
        )
        row = c.fetchone()
        if row is None or row[1] != event.stored:
            return None
        leaves.append(row[0])
    return range(leaves[0], leaves[-1] + 1) if leaves else None


def load(c: SQLiteCursor, streams: dict[str, int]) -> dict[str, list[Entry]]:
    """The events of each stream after a version, in order."""
    found: dict[str, list[Entry]] = {stream: [] for stream in streams}
    wanted = list(streams.items())
    for start in range(0, len(wanted), STREAMS_PER_QUERY):
        chunk = wanted[start : start + STREAMS_PER_QUERY]
        values = ",".join(["(?,?)"] * len(chunk))
        c.execute(
            f"WITH wanted(stream, after) AS (VALUES {values}) "  # noqa: S608 - only marks
            f"SELECT {_COLUMNS} FROM wanted CROSS JOIN stored_events"
            " ON originator_id = stream AND originator_version > after"
            " ORDER BY originator_id, originator_version",
            [part for pair in chunk for part in pair],
        )
        for row in c.fetchall():
            found[row[1]].append(Entry(*row))
    return found


def read(c: SQLiteCursor, first: int, limit: int, *, sealed: bool) -> list[Entry]:
    """Events in log order from a leaf on."""
    bound = "AND notification_id <= (SELECT size FROM log)" if sealed else ""
    c.execute(
        f"SELECT {_COLUMNS} FROM stored_events"  # noqa: S608 - no value in it
        f" WHERE notification_id > ? {bound} ORDER BY notification_id LIMIT ?",
        (first, limit),
    )
    return list(map(Entry._make, c.fetchall()))


def of_kind(c: SQLiteCursor, kind: str) -> list[Entry]:
    """The events of every stream of a kind, by the index of streams: "0" follows "/"."""
    c.execute(
        f"SELECT {_COLUMNS} FROM stored_events"  # noqa: S608 - no value in it
        " WHERE originator_id > ? AND originator_id < ?"
        " ORDER BY originator_id, originator_version",
        (f"{kind}/", f"{kind}0"),
    )
    return list(map(Entry._make, c.fetchall()))
