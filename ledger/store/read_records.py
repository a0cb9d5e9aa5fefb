"""Records of what was read: restricted incidents, exports and log-ins, counted by the day."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

import msgspec

Place = tuple[str, str, str, str]
"""A row's place: its day, reader, kind and subject."""


class ReadKind(StrEnum):
    """What was read: one restricted incident, a list with such ones, an export; or a log-in."""

    INCIDENT = "incident"
    TIMELINE = "timeline"
    TEXTS = "texts"
    LIST = "list"
    EXPORT = "export"
    LOGIN = "login"


OF_INCIDENTS = frozenset({ReadKind.INCIDENT, ReadKind.TIMELINE, ReadKind.TEXTS})
"""The kinds whose subject is the id of an incident."""


class ReadNoted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, by the opaque id, read something: its row of the day counts one more.

    `subject` is the id of an incident, the name of a list, or the way of a log-in.
    """

    reader: str
    kind: ReadKind
    subject: str
    at: datetime

    @property
    def day(self) -> str:
        """The day, in UTC: "2026-03-01"."""
        return day_of(self.at)


class ReadRow(msgspec.Struct, frozen=True, array_like=True):
    """What somebody read of a subject on a day: how often, at first and at last (RFC 3339)."""

    day: str
    reader: str
    kind: str
    subject: str
    count: int
    first_at: str
    last_at: str

    @property
    def place(self) -> Place:
        """What orders the rows; no other one has it."""
        return self.day, self.reader, self.kind, self.subject


def day_of(at: datetime) -> str:
    """The day of a time, in UTC."""
    return at.astimezone(UTC).date().isoformat()


def digest_of(rows: Iterable[ReadRow]) -> str:
    """The digest of a day: SHA-256 over its rows in order, each a JSON array and a line feed."""
    digest = sha256()
    for row in rows:
        digest.update(msgspec.json.encode(row) + b"\n")
    return f"sha256:{digest.hexdigest()}"
