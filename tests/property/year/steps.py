"""What may happen in a year, as plain values, and strategies for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from hypothesis import strategies as st

from tests.property.year.terms import ZONES, Terms

SYSTEMS = ("chat", "search", "rank")
KEYS = ("a", "b", "c", "d", "e", "f")
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class Ago:
    """So long before now."""

    span: timedelta


@dataclass(frozen=True)
class MonthStart:
    """A span from where now's month began in a zone; never after now."""

    zone: str
    span: timedelta


When = Ago | MonthStart


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
class Hear:
    """A signal of an alert arrives at a host."""

    host: int
    key: str
    status: Literal["firing", "resolved"]
    at: When | None = None


@dataclass(frozen=True)
class Report:
    """Somebody reports; or an import does, as a live report or as history."""

    host: int
    system: str
    severity: str | None
    at: When | None = None
    by: Literal["person", "import", "history"] = "person"


Deed = Literal[
    "contain",
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


Step = Wait | WaitForEdge | WaitFor | Hear | Report | Do | Merge | Adopt | Run

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SHORT = st.sampled_from(
    [timedelta(0), timedelta(microseconds=1), timedelta(seconds=30), timedelta(minutes=30), HOUR]
)
LONG = st.sampled_from([3 * HOUR, 4 * HOUR, 12 * HOUR, 20 * HOUR, DAY, 30 * HOUR, 3 * DAY])
LONGER = st.sampled_from([20 * DAY, 45 * DAY])
SPANS = SHORT | LONG
SMALL = st.sampled_from([-HOUR, -timedelta(microseconds=1), timedelta(0), timedelta(seconds=1)])
ZONE = st.sampled_from(ZONES)
WHEN: st.SearchStrategy[When] = (
    st.builds(Ago, SPANS) | st.builds(MonthStart, ZONE, SMALL) | st.builds(Ago, LONGER)
)
AT = st.none() | WHEN
HOST = st.integers(0, 1)
NUMBER = st.integers(0, 12)
SYSTEM = st.sampled_from(["chat", *SYSTEMS])
SEVERITY = st.sampled_from(SEVERITIES)
_NONE: st.SearchStrategy[str | None] = st.none()

INSTANTS = [
    datetime(2028, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
    datetime(2028, 3, 12, 5, 30, tzinfo=UTC),  # St. John's goes to summer time
    datetime(2028, 3, 26, 1, tzinfo=UTC),  # Berlin too
    datetime(2028, 10, 29, 0, 30, tzinfo=UTC),  # Berlin's hour that comes twice
    datetime(2028, 10, 29, 1, tzinfo=UTC),
    datetime(2028, 11, 5, 4, 30, tzinfo=UTC),
]
STARTS = st.sampled_from(
    [
        datetime(2027, 12, 30, 12, tzinfo=UTC),
        datetime(2028, 2, 28, 20, tzinfo=UTC),
        datetime(2028, 3, 25, 23, tzinfo=UTC),
        datetime(2028, 10, 28, 12, tzinfo=UTC),
        datetime(2028, 6, 15, 12, tzinfo=UTC),
    ]
)

TERMS = st.builds(
    Terms,
    more_than=st.integers(0, 3),
    zone=ZONE,
    count=st.sampled_from([SEVERITIES, ("critical", "high"), ("critical",)]),
    due_after=st.sampled_from([24, 1, 72]),
    at_risk_lead=st.sampled_from([1, 0]),
    stale_after=st.sampled_from([12, 2, 48]),
)

WAITS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Wait, SHORT),
    st.builds(Wait, LONG),
    st.builds(WaitForEdge, ZONE, SMALL),
    st.builds(WaitFor, st.sampled_from(INSTANTS)),
    st.builds(Wait, LONGER),
)
HEARD: st.SearchStrategy[Step] = st.builds(
    Hear, HOST, st.sampled_from(KEYS), st.sampled_from(["firing", "firing", "resolved"]), AT
)
REPORTED: st.SearchStrategy[Step] = st.builds(
    Report,
    HOST,
    SYSTEM,
    st.none() | SEVERITY,
    AT,
    st.sampled_from(["person", "person", "import", "history"]),
)


def _deed(deed: Deed, to: st.SearchStrategy[str | None] = _NONE) -> st.SearchStrategy[Step]:
    imported = st.sampled_from([False, False, False, True])
    return st.builds(Do, HOST, NUMBER, st.just(deed), to, AT, imported)


DONE: st.SearchStrategy[Step] = st.one_of(
    _deed("complete"),
    _deed("dismiss"),
    _deed("reopen"),
    _deed("classify", SEVERITY),
    _deed("date"),
    _deed("move", SYSTEM),
    _deed("grade", st.none() | SEVERITY),
    _deed("settle"),
    st.one_of(_deed("contain"), _deed("communicate"), _deed("start"), _deed("title")),
    st.builds(Merge, HOST, NUMBER, NUMBER),
)
ADOPTED: st.SearchStrategy[Step] = st.builds(Adopt, HOST, TERMS)
OFTEN: tuple[Part, ...] = ("seal", "seal", "seal", "reviews", "reviews", "clock", "clock")
SELDOM: tuple[Part, ...] = ("project", "rebuild", "restart")
RUN: st.SearchStrategy[Step] = st.builds(Run, st.sampled_from(OFTEN + SELDOM), HOST)
STEP = st.one_of(WAITS, WAITS, HEARD, REPORTED, REPORTED, DONE, DONE, ADOPTED, RUN, RUN, RUN)


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many steps of life."""
    return st.lists(STEP, min_size=least, max_size=most)


ACTED: st.SearchStrategy[Step] = st.builds(Run, st.just("act"), HOST)
BUSY = st.one_of(
    st.builds(Report, HOST, st.just("chat"), st.none(), st.none()),
    st.builds(Report, HOST, st.just("chat"), SEVERITY, st.just(Ago(HOUR)), st.just("import")),
    DONE,
    ADOPTED,
    ACTED,
    ACTED,
    st.builds(Wait, SHORT),
)


def busy_months(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many steps within few days, of one system, its hosts taking turns to act."""
    return st.lists(BUSY, min_size=least, max_size=most)
