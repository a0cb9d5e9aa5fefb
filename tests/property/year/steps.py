"""What may happen in a year, as plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tests.property.year.terms import Terms


@dataclass(frozen=True)
class Ago:
    """So long before now."""

    span: timedelta


@dataclass(frozen=True)
class MonthStart:
    """A span from where now's month began in a zone; never after now."""

    zone: str
    span: timedelta


@dataclass(frozen=True)
class Ahead:
    """So long after now: another clock's time."""

    span: timedelta


When = Ago | MonthStart
Claimed = Ago | MonthStart | Ahead | datetime
"""A time that a sender may state: it need not be true."""


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    span: timedelta


@dataclass(frozen=True)
class WaitForEdge:
    """Time passes until a span from the next month's first instant in a zone."""

    zone: str
    span: timedelta


@dataclass(frozen=True)
class WaitFor:
    """Time passes until an instant, if that is to come."""

    at: datetime


@dataclass(frozen=True)
class Said:
    """What a body says of an alert: other labels where a `severity` or a `pod` is named."""

    key: str
    status: Literal["firing", "resolved", "acknowledged"]
    starts: Claimed | None = None
    ends: Claimed | None = None
    severity: str | None = None
    pod: str | None = None


@dataclass(frozen=True)
class Hear:
    """A body of a source arrives at a host, sent by the source's `peer` of that number."""

    host: int
    source: str
    said: tuple[Said, ...]
    peer: int = 0


@dataclass(frozen=True)
class Report:
    """Somebody reports; or an import does, as a live report or as history."""

    host: int
    system: str
    severity: str | None
    at: When | None = None
    by: Literal["person", "import", "history"] = "person"
    ended: When | None = None
    near_miss: bool = False


Deed = Literal[
    "contain",
    "waive",
    "communicate",
    "classify",
    "start",
    "complete",
    "date",
    "move",
    "grade",
    "title",
    "dismiss",
    "reopen",
    "settle",
    "resolve",
    "end",
    "averted",
    "happened",
    "preliminary",
    "approve",
]


@dataclass(frozen=True)
class Do:
    """Something is done to an incident: the one with a number, counted round."""

    host: int
    number: int
    deed: Deed
    to: str | None = None
    at: When | None = None
    imported: bool = False


@dataclass(frozen=True)
class Merge:
    """One incident turns out to be another."""

    host: int
    number: int
    into: int


@dataclass(frozen=True)
class Adopt:
    """Other terms take force."""

    host: int
    terms: Terms


Part = Literal["seal", "reviews", "clock", "act", "project", "rebuild", "restart"]


@dataclass(frozen=True)
class Run:
    """A part of a host does what there is to do, or is built anew."""

    part: Part
    host: int = 0


@dataclass(frozen=True)
class Drift:
    """A host's clock is so far ahead from here on."""

    host: int
    ahead: timedelta


Step = Drift | Wait | WaitForEdge | WaitFor | Hear | Report | Do | Merge | Adopt | Run
