"""Appending and reading events, numbered by the append itself under the writers' lock."""

from collections.abc import Sequence
from typing import Any

from ledger.store.conflicts import require_end, require_tail
from ledger.store.port import Entry, NewEvent
from ledger.store.postgres.datastore import Datastore, Row
from ledger.store.postgres.locking import FormerLock, begin
from ledger.store.postgres.notify_listener import APPENDED
from ledger.store.postgres.pool import Connection
from ledger.store.postgres.side_writes import write_side_writes
from ledger.store.side_records import SideWrite

_HEAD = """SELECT
    coalesce((SELECT max(notification_id) FROM airledger.stored_events), 0) AS appended,
    coalesce((SELECT size FROM airledger.log), 0) AS sealed"""
_APPEND = f"""WITH head AS ({_HEAD}), added AS (
    INSERT INTO airledger.stored_events
        (originator_id, originator_version, topic, state, notification_id)
    SELECT stream, version, topic, state, appended + place
    FROM head, unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])
        WITH ORDINALITY AS new (stream, version, topic, state, place)
    WHERE appended >= sealed)
SELECT appended, sealed, pg_notify('{APPENDED}', '') FROM head"""  # noqa: S608 - no value in it
"""It tells of itself in the same statement: one more would cost a single event's append 3 %."""
_RESTORE = """INSERT INTO airledger.stored_events
        (originator_id, originator_version, topic, state, notification_id)
    SELECT stream, version, topic, state, place + missing.first
    FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])
        WITH ORDINALITY AS new (stream, version, topic, state, place),
        (SELECT %b::bigint) AS missing (first)"""
_STORED = """SELECT notification_id - 1, state
    FROM unnest(%b::text[], %b::bigint[]) WITH ORDINALITY AS new (stream, version, place)
    JOIN airledger.stored_events ON originator_id = stream AND originator_version = version
    ORDER BY place"""
_COLUMNS = "notification_id - 1, originator_id, originator_version, topic, state"
_LOAD = f"""SELECT found.* FROM unnest(%b::text[], %b::bigint[]) AS wanted (stream, after),
    LATERAL (SELECT {_COLUMNS} FROM airledger.stored_events
        WHERE originator_id = stream AND originator_version > after
        ORDER BY originator_version OFFSET 0) AS found"""  # noqa: S608 - no value in it
"""OFFSET 0 keeps the subquery as it is: one look into the index a stream, however many there are
and whatever the planner believes of the table."""
READ = f"""SELECT {_COLUMNS} FROM airledger.stored_events
    WHERE notification_id > %s AND (NOT %s OR notification_id <= (SELECT size FROM airledger.log))
    ORDER BY notification_id LIMIT %s"""  # noqa: S608 - no value in it
"""From where, whether no further than what is sealed, and how many."""


def append(
    connection: Connection,
    former: FormerLock,
    new: Sequence[NewEvent],
    side_writes: Sequence[SideWrite],
) -> range:
    """Writes events, and side writes with them, in one round trip; returns the leaf indices.

    Raises psycopg.errors.UniqueViolation or Conflict where another was first, Fork.
    """
    with connection.pipeline():
        begin(connection, former)
        head = connection.execute(_APPEND, _arrays(new)) if new else connection.execute(_HEAD)
        checks = write_side_writes(connection, side_writes)
    first = _whole(head.fetchall())
    for check in checks:
        check()
    return range(first, first + len(new))


def restore(
    connection: Connection,
    former: FormerLock,
    first: int,
    new: Sequence[NewEvent],
    side_writes: Sequence[SideWrite],
) -> None:
    """Writes missing events to their leaves. Raises Conflict where the store ends elsewhere."""
    begin(connection, former)
    [(held, _)] = connection.execute(_HEAD).fetchall()
    require_end(held, first)
    with connection.pipeline():
        connection.execute(_RESTORE, (*_arrays(new), first))
        checks = write_side_writes(connection, side_writes)
    for check in checks:
        check()


def _arrays(new: Sequence[NewEvent]) -> tuple[list[Any], ...]:
    return (
        [event.stream for event in new],
        [event.version for event in new],
        [event.type for event in new],
        [event.stored for event in new],
    )


def require_whole(connection: Connection) -> None:
    """Raises Fork where the tail of the log is missing."""
    _whole(connection.execute(_HEAD).fetchall())


def _whole(head: list[Row]) -> int:
    [(appended, sealed, *_)] = head
    require_tail(appended, sealed)
    return int(appended)


def is_stored(connection: Connection, events: Sequence[NewEvent]) -> range | None:
    """The leaf indices of these very bytes, if every one of them stands in its place."""
    found = connection.execute(
        _STORED,
        ([e.stream for e in events], [e.version for e in events]),
        binary=True,
    ).fetchall()
    if not events or [state for _, state in found] != [event.stored for event in events]:
        return None
    first = int(found[0][0])
    leaves = range(first, first + len(events))
    return leaves if [leaf for leaf, _ in found] == list(leaves) else None


def load(datastore: Datastore, streams: dict[str, int]) -> dict[str, list[Entry]]:
    """The events of each stream after a version, in order."""
    found: dict[str, list[Entry]] = {stream: [] for stream in streams}
    there = [stream for stream in streams if "\0" not in stream]  # no text there holds U+0000
    for row in datastore.query(_LOAD, (there, [streams[stream] for stream in there])):
        found[row[1]].append(Entry(*row))
    return found


def read(datastore: Datastore, first: int, limit: int, *, sealed: bool) -> list[Entry]:
    """Events in log order from a leaf on."""
    rows = datastore.query(READ, (first, sealed, limit))
    return list(map(Entry._make, rows))


def of_kind(datastore: Datastore, kind: str) -> list[Entry]:
    """The events of every stream of a kind, by the index of streams: "0" follows "/"."""
    found = datastore.query(
        f"SELECT {_COLUMNS} FROM airledger.stored_events"  # noqa: S608 - no value in it
        " WHERE originator_id > %s AND originator_id < %s"
        " ORDER BY originator_id, originator_version",
        (f"{kind}/", f"{kind}0"),
    )
    return list(map(Entry._make, found))
