"""Positions of followers of the log, and what they keep: month members, addresses of tickets."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.domain.judging.points import Point
from ledger.domain.review.counting import CountedIncident
from ledger.store import side_records as r
from ledger.store.conflicts import position_moved
from ledger.store.sqlite import points
from ledger.store.sqlite.datastore import LedgerDatastore
from ledger.vocabulary import Status

_COUNTED = """SELECT incident, leaf, system, month, counts, status FROM month_members
    WHERE month = ?1 AND (?2 IS NULL OR system = ?2) AND counts AND status NOT IN (?3, ?4)
    ORDER BY leaf"""
_MEMBERS = """SELECT incident, leaf, system, month, counts, status FROM month_members
    WHERE incident IN (SELECT value FROM json_each(?))"""
_ADDRESSES = """SELECT digest, incident FROM ticket_addresses
    WHERE digest IN (SELECT value FROM json_each(?))"""
_POSITIONS = """SELECT follower, next FROM positions
    WHERE follower IN (SELECT value FROM json_each(?))"""


class SQLiteFollowers:
    """See `FollowerReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def position(self, follower: str) -> int:
        """See `FollowerReads.position`."""
        return self.positions([follower])[follower]

    def positions(self, followers: Iterable[str]) -> dict[str, int]:
        """See `FollowerReads.positions`."""
        with self._datastore.reading() as c:
            found = dict.fromkeys(followers, 0)
            c.execute(_POSITIONS, (msgspec.json.encode(list(found)).decode(),))
            return found | dict(c.fetchall())

    def month_members(self, incidents: Iterable[UUID]) -> dict[UUID, r.MonthMember]:
        """See `FollowerReads.month_members`."""
        with self._datastore.reading() as c:
            wanted = msgspec.json.encode([str(incident) for incident in incidents]).decode()
            c.execute(_MEMBERS, (wanted,))
            found = (_member(row) for row in c.fetchall())
            return {member.incident: member for member in found}

    def counted_incidents(self, month: str, system: str | None = None) -> list[r.MonthMember]:
        """See `FollowerReads.counted_incidents`."""
        with self._datastore.reading() as c:
            c.execute(_COUNTED, (month, system, Status.MERGED, Status.DISMISSED))
            return [_member(row) for row in c.fetchall()]

    def ticket_addresses(self, digests: Iterable[str]) -> frozenset[r.TicketAddress]:
        """See `FollowerReads.ticket_addresses`."""
        with self._datastore.reading() as c:
            c.execute(_ADDRESSES, (msgspec.json.encode(list(digests)).decode(),))
            return frozenset(
                r.TicketAddress(digest=digest, incident=UUID(incident))
                for digest, incident in c.fetchall()
            )

    def points(self, series: UUID, *, since: datetime, newest: int = 0) -> list[Point]:
        """See `FollowerReads.points`."""
        return points.points(self._datastore, series, since, newest)

    def points_of(self, measurements: Iterable[UUID]) -> dict[UUID, r.MeasuredPoint]:
        """See `FollowerReads.points_of`."""
        return points.points_of(self._datastore, measurements)


def move(c: SQLiteCursor, record: r.PositionMove) -> None:
    """Moves a position by compare-and-set. Raises Conflict."""
    if record.old == 0:
        c.execute("INSERT INTO positions VALUES (?, 0) ON CONFLICT DO NOTHING", (record.follower,))
    c.execute(
        "UPDATE positions SET next = ? WHERE follower = ? AND next = ? RETURNING next",
        (record.new, record.follower, record.old),
    )
    if c.fetchone() is None:
        raise position_moved(record)


def keep_member(c: SQLiteCursor, record: r.MonthMember) -> None:
    """Stores a month member in place of its incident's former one."""
    of = record.member
    c.execute(
        "INSERT OR REPLACE INTO month_members VALUES (?, ?, ?, ?, ?, ?)",
        (str(record.incident), record.leaf, of.system, of.month, of.counts, of.status),
    )


def keep_address(c: SQLiteCursor, record: r.TicketAddress) -> None:
    """Stores that an incident has a ticket of an address."""
    c.execute(
        "INSERT INTO ticket_addresses VALUES (?, ?) ON CONFLICT DO NOTHING",
        (record.digest, str(record.incident)),
    )


def _member(row: tuple[str, int, str, str, int, str]) -> r.MonthMember:
    incident, leaf, system, month, counts, status = row
    return r.MonthMember(
        incident=UUID(incident),
        leaf=leaf,
        member=CountedIncident(
            system=system, month=month, counts=bool(counts), status=Status(status)
        ),
    )
