"""What the followers of the log keep: how far they are, month members, and what is watched."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.domain.review.counting import CountedIncident
from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import not_there
from ledger.vocabulary import Status

_COUNTED = """SELECT incident, leaf, system, month, counts, status FROM month_members
    WHERE month = ?1 AND (?2 IS NULL OR system = ?2) AND counts AND status NOT IN (?3, ?4)
    ORDER BY leaf"""
_MEMBERS = """SELECT incident, leaf, system, month, counts, status FROM month_members
    WHERE incident IN (SELECT value FROM json_each(?))"""
_POSITIONS = """SELECT follower, next FROM positions
    WHERE follower IN (SELECT value FROM json_each(?))"""


def move(c: SQLiteCursor, note: r.PositionMove) -> None:
    """Moves a position by compare-and-set. Raises Conflict."""
    if note.old == 0:
        c.execute("INSERT INTO positions VALUES (?, 0) ON CONFLICT DO NOTHING", (note.follower,))
    c.execute(
        "UPDATE positions SET next = ? WHERE follower = ? AND next = ? RETURNING next",
        (note.new, note.follower, note.old),
    )
    if c.fetchone() is None:
        raise not_there(note)


def positions(c: SQLiteCursor, followers: Iterable[str]) -> dict[str, int]:
    """The next leaf or offset that each follower has to read."""
    found = dict.fromkeys(followers, 0)
    c.execute(_POSITIONS, (msgspec.json.encode(list(found)).decode(),))
    return found | dict(c.fetchall())


def keep_member(c: SQLiteCursor, note: r.MonthMember) -> None:
    """Keeps a member in the place of what was kept of its incident."""
    of = note.member
    c.execute(
        "INSERT OR REPLACE INTO month_members VALUES (?, ?, ?, ?, ?, ?)",
        (str(note.incident), note.leaf, of.system, of.month, of.counts, of.status),
    )


def month_members(c: SQLiteCursor, incidents: Iterable[UUID]) -> dict[UUID, r.MonthMember]:
    """The members kept of these incidents."""
    wanted = msgspec.json.encode([str(incident) for incident in incidents]).decode()
    c.execute(_MEMBERS, (wanted,))
    found = (_member(row) for row in c.fetchall())
    return {member.incident: member for member in found}


def counted(c: SQLiteCursor, month: str, system: str | None) -> list[r.MonthMember]:
    """The members that count for a month, of one system or of all, in order of detection."""
    c.execute(_COUNTED, (month, system, Status.MERGED, Status.DISMISSED))
    return [_member(row) for row in c.fetchall()]


def _member(row: tuple[str, int, str, str, int, str]) -> r.MonthMember:
    incident, leaf, system, month, counts, status = row
    return r.MonthMember(
        incident=UUID(incident),
        leaf=leaf,
        member=CountedIncident(
            system=system, month=month, counts=bool(counts), status=Status(status)
        ),
    )


def watch(c: SQLiteCursor, note: r.Deadline) -> None:
    """Keeps when to look at a subject, in the place of what was kept of it."""
    c.execute(
        "INSERT OR REPLACE INTO watched VALUES (?, ?, ?)",
        (note.kind, str(note.subject), time_text(note.at)),
    )


def looked(c: SQLiteCursor, note: r.DeadlineChecked) -> None:
    """Keeps when to look again, unless the subject came to be watched at another time."""
    of = (note.kind, str(note.subject), time_text(note.at))
    if note.again is None:
        c.execute("DELETE FROM watched WHERE kind = ? AND subject = ? AND at = ?", of)
    else:
        c.execute(
            "UPDATE watched SET at = ? WHERE kind = ? AND subject = ? AND at = ?",
            (time_text(note.again), *of),
        )


def watched(c: SQLiteCursor, kind: str, before: datetime, limit: int) -> list[r.Deadline]:
    """What is watched at or before a time, longest first."""
    c.execute(
        "SELECT subject, at FROM watched WHERE kind = ? AND at <= ? ORDER BY at LIMIT ?",
        (kind, time_text(before), limit),
    )
    return [
        r.Deadline(kind=kind, subject=UUID(subject), at=msgspec.convert(at, datetime))
        for subject, at in c.fetchall()
    ]


def watched_at(c: SQLiteCursor, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
    """The text of the time for which each of these is watched, as it is kept."""
    wanted = msgspec.json.encode([str(subject) for subject in subjects]).decode()
    c.execute(
        "SELECT subject, at FROM json_each(?) AS wanted CROSS JOIN watched"
        " ON kind = ? AND subject = wanted.value",
        (wanted, kind),
    )
    return {UUID(subject): str(at) for subject, at in c.fetchall()}
