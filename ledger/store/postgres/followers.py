"""Positions of followers of the log, and what they keep: month members, addresses of tickets."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from ledger.domain.judging.points import Point
from ledger.domain.review.counting import CountedIncident
from ledger.store import side_records as r
from ledger.store.conflicts import position_moved
from ledger.store.postgres import points
from ledger.store.postgres.datastore import Datastore, Row
from ledger.store.postgres.pool import Connection
from ledger.vocabulary import Status

_MEMBER = "SELECT incident, leaf, system, month, counts, status FROM airledger.month_members"
_COUNTED = f"""{_MEMBER}
    WHERE month = %s AND counts AND status <> ALL (%s)"""
_ORDERED = "ORDER BY leaf"
_OF_SYSTEM = "AND sha256(system) = sha256(%b) AND system = %b"
_UNCOUNTED = [Status.MERGED.value, Status.DISMISSED.value]


class PostgresFollowers:
    """See `FollowerReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def position(self, follower: str) -> int:
        """See `FollowerReads.position`."""
        return self.positions([follower])[follower]

    def positions(self, followers: Iterable[str]) -> dict[str, int]:
        """See `FollowerReads.positions`."""
        found = dict.fromkeys(followers, 0)
        sql = "SELECT follower, next FROM airledger.positions WHERE follower = ANY(%s)"
        return found | dict(self._datastore.query(sql, (list(found),)))

    def month_members(self, incidents: Iterable[UUID]) -> dict[UUID, r.MonthMember]:
        """See `FollowerReads.month_members`."""
        rows = self._datastore.query(f"{_MEMBER} WHERE incident = ANY (%b)", (list(incidents),))
        return {member.incident: member for member in map(_member, rows)}

    def counted_incidents(self, month: str, system: str | None = None) -> list[r.MonthMember]:
        """See `FollowerReads.counted_incidents`."""
        if system is None:
            rows = self._datastore.query(f"{_COUNTED} {_ORDERED}", (month, _UNCOUNTED))
        else:
            of = system.encode()
            sql = f"{_COUNTED} {_OF_SYSTEM} {_ORDERED}"
            rows = self._datastore.query(sql, (month, _UNCOUNTED, of, of))
        return [_member(row) for row in rows]

    def ticket_addresses(self, digests: Iterable[str]) -> frozenset[r.TicketAddress]:
        """See `FollowerReads.ticket_addresses`."""
        sql = "SELECT digest, incident FROM airledger.ticket_addresses WHERE digest = ANY(%s)"
        rows = self._datastore.query(sql, (list(digests),))
        return frozenset(
            r.TicketAddress(digest=digest, incident=incident) for digest, incident in rows
        )

    def points(self, series: UUID, *, since: datetime, newest: int = 0) -> list[Point]:
        """See `FollowerReads.points`."""
        return points.points(self._datastore, series, since, newest)

    def points_of(self, measurements: Iterable[UUID]) -> dict[UUID, r.MeasuredPoint]:
        """See `FollowerReads.points_of`."""
        return points.points_of(self._datastore, measurements)


def move(c: Connection, record: r.PositionMove) -> Callable[[], None]:
    """Moves a position by compare-and-set; what is returned raises Conflict."""
    if record.old == 0:
        c.execute(
            "INSERT INTO airledger.positions VALUES (%s, 0) ON CONFLICT DO NOTHING",
            (record.follower,),
        )
    moved = c.execute(
        "UPDATE airledger.positions SET next = %s WHERE follower = %s AND next = %s RETURNING next",
        (record.new, record.follower, record.old),
    )

    def check() -> None:
        if moved.fetchone() is None:
            raise position_moved(record)

    return check


def keep_member(c: Connection, record: r.MonthMember) -> None:
    """Stores a month member in place of its incident's former one."""
    of = record.member
    c.execute(
        "INSERT INTO airledger.month_members VALUES (%s, %s, %b, %s, %s, %s)"
        " ON CONFLICT (incident) DO UPDATE SET leaf = excluded.leaf, system = excluded.system,"
        " month = excluded.month, counts = excluded.counts, status = excluded.status",
        (record.incident, record.leaf, of.system.encode(), of.month, of.counts, of.status.value),
    )


def keep_address(c: Connection, record: r.TicketAddress) -> None:
    """Stores that an incident has a ticket of an address."""
    c.execute(
        "INSERT INTO airledger.ticket_addresses VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (record.digest, record.incident),
    )


def _member(row: Row) -> r.MonthMember:
    incident, leaf, system, month, counts, status = row
    member = CountedIncident(
        system=system.decode(), month=month, counts=counts, status=Status(status)
    )
    return r.MonthMember(incident=incident, leaf=leaf, member=member)
