"""What the followers of the log keep: how far they are, month members, and what is watched."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ledger.domain.review.counting import CountedIncident
from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import not_there
from ledger.store.postgres.datastore import Datastore, Row
from ledger.store.postgres.pool import Connection
from ledger.vocabulary import Status

_MEMBER = "SELECT incident, leaf, system, month, counts, status FROM airledger.month_members"
_COUNTED = f"""{_MEMBER}
    WHERE month = %s AND counts AND status <> ALL (%s)"""
_ORDERED = "ORDER BY leaf"
_OF_SYSTEM = "AND sha256(system) = sha256(%b) AND system = %b"
_UNCOUNTED = [Status.MERGED.value, Status.DISMISSED.value]


def move(c: Connection, note: r.PositionMove) -> Callable[[], None]:
    """Moves a position by compare-and-set; what is returned raises Conflict."""
    if note.old == 0:
        c.execute(
            "INSERT INTO airledger.positions VALUES (%s, 0) ON CONFLICT DO NOTHING",
            (note.follower,),
        )
    moved = c.execute(
        "UPDATE airledger.positions SET next = %s WHERE follower = %s AND next = %s RETURNING next",
        (note.new, note.follower, note.old),
    )

    def check() -> None:
        if moved.fetchone() is None:
            raise not_there(note)

    return check


def positions(datastore: Datastore, followers: Iterable[str]) -> dict[str, int]:
    """The next leaf or offset that each follower has to read."""
    found = dict.fromkeys(followers, 0)
    sql = "SELECT follower, next FROM airledger.positions WHERE follower = ANY(%s)"
    return found | dict(datastore.query(sql, (list(found),)))


def keep_member(c: Connection, note: r.MonthMember) -> None:
    """Keeps a member in the place of what was kept of its incident."""
    of = note.member
    c.execute(
        "INSERT INTO airledger.month_members VALUES (%s, %s, %b, %s, %s, %s)"
        " ON CONFLICT (incident) DO UPDATE SET leaf = excluded.leaf, system = excluded.system,"
        " month = excluded.month, counts = excluded.counts, status = excluded.status",
        (note.incident, note.leaf, of.system.encode(), of.month, of.counts, of.status.value),
    )


def month_members(datastore: Datastore, incidents: Iterable[UUID]) -> dict[UUID, r.MonthMember]:
    """The members kept of these incidents."""
    rows = datastore.query(f"{_MEMBER} WHERE incident = ANY (%b)", (list(incidents),))
    return {member.incident: member for member in map(_member, rows)}


def counted(datastore: Datastore, month: str, system: str | None) -> list[r.MonthMember]:
    """The members that count for a month, of one system or of all, in order of detection."""
    if system is None:
        rows = datastore.query(f"{_COUNTED} {_ORDERED}", (month, _UNCOUNTED))
    else:
        of = system.encode()
        sql = f"{_COUNTED} {_OF_SYSTEM} {_ORDERED}"
        rows = datastore.query(sql, (month, _UNCOUNTED, of, of))
    return [_member(row) for row in rows]


def _member(row: Row) -> r.MonthMember:
    incident, leaf, system, month, counts, status = row
    member = CountedIncident(
        system=system.decode(), month=month, counts=counts, status=Status(status)
    )
    return r.MonthMember(incident=incident, leaf=leaf, member=member)


def watch(c: Connection, note: r.Deadline) -> None:
    """Keeps when to look at a subject, in the place of what was kept of it."""
    c.execute(
        "INSERT INTO airledger.watched VALUES (%s, %s, %s)"
        " ON CONFLICT (kind, subject) DO UPDATE SET at = excluded.at",
        (note.kind, note.subject, time_text(note.at)),
    )


def looked(c: Connection, note: r.DeadlineChecked) -> None:
    """Keeps when to look again, unless the subject came to be watched at another time."""
    of = (note.kind, note.subject, time_text(note.at))
    if note.again is None:
        c.execute("DELETE FROM airledger.watched WHERE kind = %s AND subject = %s AND at = %s", of)
    else:
        c.execute(
            "UPDATE airledger.watched SET at = %s WHERE kind = %s AND subject = %s AND at = %s",
            (time_text(note.again), *of),
        )


def watched(datastore: Datastore, kind: str, before: datetime, limit: int) -> list[r.Deadline]:
    """What is watched at or before a time, longest first."""
    rows = datastore.query(
        "SELECT subject, at FROM airledger.watched"
        " WHERE kind = %s AND at <= %s ORDER BY at LIMIT %s",
        (kind, time_text(before), limit),
    )
    return [
        r.Deadline(kind=kind, subject=subject, at=msgspec.convert(at, datetime))
        for subject, at in rows
    ]


def watched_at(datastore: Datastore, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
    """The text of the time for which each of these is watched, as it is kept."""
    rows = datastore.query(
        "SELECT subject, at FROM airledger.watched WHERE kind = %s AND subject = ANY (%b)",
        (kind, list(subjects)),
    )
    return dict(rows)
