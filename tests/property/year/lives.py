"""Strategies for what may happen in a year."""

import operator
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.property.year.bodies import HEARD, SUBJECTS, Few, fires, heard
from tests.property.year.rca import MOST_AHEAD
from tests.property.year.spans import AT, HOST, HOUR, LONG, LONGER, SHORT, SMALL, WHEN, ZONE, one_in
from tests.property.year.steps import (
    Adopt,
    Ago,
    Deed,
    Do,
    Drift,
    Merge,
    Part,
    Report,
    Run,
    Step,
    Wait,
    WaitFor,
    WaitForEdge,
)
from tests.property.year.terms import Terms

SYSTEMS = ("chat", "search", "rank")
SEVERITIES = ("critical", "high", "medium", "low")
NUMBER = st.integers(0, 3) | st.integers(0, 12)
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
    review_due_after=st.sampled_from([None, 1, 24 * 7]),
    zone=ZONE,
    count=st.sampled_from([SEVERITIES, ("critical", "high"), ("critical",)]),
    due_after=st.sampled_from([24, 1, 72]),
    at_risk_lead=st.sampled_from([1, 0]),
    preliminary_meets=st.booleans(),
    final_due_after=st.sampled_from([1, 48]),
    final_needs_approval=st.booleans(),
    stale_after=st.sampled_from([12, 2, 48]),
    stale_after_grafana=st.sampled_from([None, 3, 60]),
    stale_after_by_source=st.sampled_from([(), (("am", 4),), (("graf", 1), ("pd", 1))]),
    backdate_limit=st.sampled_from([6, 0, None, 8_000]),
    clock_skew=st.sampled_from([60, 0]),
    quiet=st.sampled_from([1, 0, 24]),
    opens=st.sampled_from(
        ["critical|high|error|page|emergency"] * 3 + ["critical", "critical|error|page|warning"]
    ),
)

WAITS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Wait, SHORT),
    st.builds(Wait, LONG),
    st.builds(WaitForEdge, ZONE, SMALL),
    st.builds(WaitFor, st.sampled_from(INSTANTS)),
    st.builds(Wait, LONGER),
)
REPORTED: st.SearchStrategy[Step] = st.builds(
    Report,
    HOST,
    SYSTEM,
    st.none() | SEVERITY,
    AT,
    st.sampled_from(["person", "person", "import", "history"]),
    st.none() | st.none() | WHEN,
    st.sampled_from([False, False, True]),
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
    _deed("settle", st.none() | st.just("It does no more harm")),
    _deed("resolve"),
    st.one_of(_deed("contain"), _deed("contain"), _deed("waive")),
    st.one_of(_deed("end"), _deed("contain"), _deed("communicate"), _deed("start"), _deed("title")),
    st.builds(Merge, HOST, NUMBER, NUMBER),
    st.one_of(_deed("averted"), _deed("happened")),
    st.one_of(_deed("preliminary"), _deed("preliminary"), _deed("approve")),
)
ADOPTED: st.SearchStrategy[Step] = st.builds(Adopt, HOST, TERMS)
OFTEN: tuple[Part, ...] = ("seal", "seal", "seal", "reviews", "reviews", "clock", "clock")
SELDOM: tuple[Part, ...] = ("project", "rebuild", "restart")
RUN: st.SearchStrategy[Step] = st.builds(Run, st.sampled_from(OFTEN + SELDOM), HOST)
STEP = one_in(WAITS, WAITS, HEARD, HEARD, REPORTED, REPORTED, DONE, DONE, ADOPTED, RUN, RUN, RUN)


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many steps of life."""
    return st.lists(STEP, min_size=least, max_size=most)


DRIFTED: st.SearchStrategy[Step] = st.builds(
    Drift,
    HOST,
    st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(seconds=59), MOST_AHEAD]),
)
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


ANYTHING_ELSE: st.SearchStrategy[Step] = one_in(DONE, REPORTED, ADOPTED, DRIFTED)


SILENCE: st.SearchStrategy[Step] = st.builds(Wait, LONG)


def _week_of(trouble: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    small = st.integers(0, 2)
    deed = st.sampled_from(
        ["settle", "dismiss", "reopen", "resolve", "classify", "averted", "happened"]
    )
    done: st.SearchStrategy[Step] = st.builds(
        Do, HOST, small, deed, st.sampled_from([None, "critical", "low"]), AT
    )
    return one_in(
        trouble,
        trouble,
        trouble,
        st.builds(Wait, SHORT),
        SILENCE,
        ACTED,
        ACTED,
        done,
        st.builds(Report, HOST, st.just("chat"), st.none() | SEVERITY, AT),
        st.builds(Merge, HOST, small, small),
        st.builds(Merge, HOST, small, small),
        ANYTHING_ELSE,
    )


def troubled_weeks(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many steps of few alerts of one group, and of what people do with their incidents.

    Half of the weeks begin with a silence: what of them fired then is stale, or its sender tells
    each change once.
    """

    def weeks(few: Few) -> st.SearchStrategy[list[Step]]:
        none: st.SearchStrategy[list[Step]] = st.just([])
        silence = st.tuples(fires(few), SILENCE, fires(few), SILENCE, ACTED).map(list)
        week = st.lists(_week_of(heard(few)), min_size=least, max_size=most)
        return st.builds(operator.add, none | silence, week)

    return SUBJECTS.flatmap(weeks)
