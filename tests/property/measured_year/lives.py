"""Strategies for what may happen in a year of measurements."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.property.measured_year.steps import (
    Adopt,
    Again,
    Correct,
    Look,
    Measure,
    Part,
    Place,
    Register,
    Retract,
    RetractShown,
    Run,
    Step,
    Wait,
    WaitForQuarter,
)
from tests.property.measured_year.terms import ZONES, Terms

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
STARTS = st.sampled_from(
    [
        datetime(2027, 12, 30, 12, tzinfo=UTC),
        datetime(2028, 3, 11, 20, tzinfo=UTC),  # New York goes to summer time the day after
        datetime(2028, 6, 30, 17, 30, tzinfo=UTC),  # in Kolkata the quarter ends in an hour
        datetime(2028, 11, 4, 12, tzinfo=UTC),
    ]
)
HOST = st.integers(0, 1)
SYSTEM = st.sampled_from(["chat", "chat", "chat", "Chat", "search"])
VALUES = {
    "p95": ("1", "1.5", "2", "2.001", "2.5", "2.6", "1e100"),
    "latency p95": ("1", "2", "3"),
    "availability": ("100", "99.9", "99.5", "97", "92.8", "92.8", "92.7", "0"),
    "harmful output rate": ("0", "0.5", "0.6", "3", "7.2", "7.3", "100"),
    "pass@5": ("0.9", "0.81", "0.8", "0.72", "0.719", "0.5", "0", "-1e100"),
    "psi": ("0", "0.1", "0.2", "0.20001", "0.3"),
    "something else": ("1", "-5"),
}
METRIC = st.sampled_from([*VALUES, "p95", "psi", "psi"])
N = st.sampled_from([100, 100, 100, 20, 19, 1, 1_000, 7, None, 10**15])
SEGMENT = st.sampled_from(
    [(), (), (("feature", "age"),), (("feature", "income"), ("tier", "2")), (("route", "a"),)]
)
AGO = st.sampled_from([timedelta(0)] * 5 + [HOUR, 6 * HOUR, 6 * HOUR + INSTANT, 3 * DAY, 40 * DAY])
AFTER_QUARTER = st.sampled_from(
    [
        begin + span
        for begin in (-HOUR, DAY - HOUR, 14 * DAY - HOUR)  # what is measured then ends in an hour
        for span in (timedelta(0), INSTANT, -INSTANT, HOUR, -3 * HOUR)
    ]
)
"""From a quarter's begin: about it, and about the ends of when the quarter before is judged."""
PLACE = st.none() | st.builds(Place, st.integers(0, 1), st.integers(0, 2), st.integers(0, 1))
NUMBER = st.integers(0, 3) | st.integers(0, 20)

TERMS = st.builds(
    Terms,
    latency=st.sampled_from(["2", "1.5"]),
    own=st.sampled_from([None, "2.5", "1"]),
    in_ms=st.booleans(),
    in_a_row=st.integers(1, 3),
    least=st.sampled_from([20, 1, 150]),
    latency_judged=st.sampled_from([True, True, False]),
    availability=st.sampled_from(["99.5", "99"]),
    in_ratio=st.booleans(),
    burns=st.sampled_from([((1, "14.4"), (6, "6")), ((1, "14.4"), (6, "6")), ((2, "2"),)]),
    quality=st.sampled_from(["0.82", "0.8"]),
    window=st.sampled_from([30, 7, 90]),
    fresh=st.sampled_from([24, 1, 24 * 40]),
    drift_judged=st.sampled_from([True, True, False]),
    drift_segments=st.sampled_from([(), (), ("", "feature=age")]),
    drop=st.sampled_from(["10", "5"]),
    drop_judged=st.sampled_from([True, True, False]),
    zone=st.sampled_from(ZONES),
    grace=st.sampled_from([336, 0, 24]),
    backdate_limit=st.sampled_from([6, 6, 0, None, 8_000]),
)


@st.composite
def _measured(draw: st.DrawFn, metric: st.SearchStrategy[str] = METRIC) -> Step:
    """Some hours of a metric: in order, with all that judging needs, more often than not."""
    of = draw(metric)
    values = tuple(draw(st.lists(st.sampled_from(VALUES[of]), min_size=1, max_size=6)))
    is_quality = of == "pass@5"
    return Measure(
        host=draw(HOST),
        system=draw(SYSTEM),
        metric=of,
        values=values,
        unit=draw(st.sampled_from([0, 0, 0, 1, None])),
        n=draw(N),
        direction=draw(st.sampled_from([None, None, None, "lower", "higher"])),
        evaluation=draw(st.sampled_from([False] * 5 + [True])),
        segment=draw(SEGMENT),
        ago=draw(AGO),
        minutes=draw(st.sampled_from([60, 60, 60, 30, 0, 90])),
        dataset=draw(st.sampled_from(["a", "a", "a", "b", None])) if is_quality else None,
        judge=draw(st.sampled_from([None, None, "j1", "j2"])) if is_quality else None,
        place=draw(PLACE) if len(values) == 1 else None,
        own_id=draw(st.sampled_from([None, None, None, "m-1", "m-2"]))
        if len(values) == 1
        else None,
    )


MEASURED = _measured()
RETRACTED: st.SearchStrategy[Step] = st.one_of(
    st.builds(Retract, HOST, NUMBER),
    st.builds(Retract, HOST, st.just(0)),
    st.builds(RetractShown, HOST, NUMBER),
)
CORRECTED: st.SearchStrategy[Step] = st.builds(
    Correct,
    HOST,
    NUMBER,
    st.sampled_from(["2.5", "0.3", "0.5"]),
    st.integers(0, 3),
    st.none() | SEGMENT,
    st.sampled_from([False, False, False, True]),
)
WAITS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Wait, st.sampled_from([HOUR, 2 * HOUR, 7 * HOUR])),
    st.builds(Wait, st.sampled_from([DAY, 20 * DAY, 45 * DAY])),
    st.builds(
        WaitForQuarter,
        st.sampled_from(ZONES),
        AFTER_QUARTER,
    ),
)
OFTEN: tuple[Part, ...] = ("act", "act", "seal", "judge")
SELDOM: tuple[Part, ...] = ("race", "die", "die_after", "restart", "project", "rebuild")
RUN: st.SearchStrategy[Step] = st.builds(Run, st.sampled_from(OFTEN + SELDOM), HOST)
ADOPTED: st.SearchStrategy[Step] = st.builds(Adopt, HOST, TERMS)
REGISTERED: st.SearchStrategy[Step] = st.builds(
    Register, HOST, st.sampled_from(["chat", "rank"]), st.sampled_from([False, False, True])
)
AGAIN: st.SearchStrategy[Step] = st.builds(Again, HOST, NUMBER)
LOOK: st.SearchStrategy[Step] = st.builds(Look)


def _one_in(*of: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    """One of these, each as likely as the others: `one_of` flattens those that are its like."""
    return st.sampled_from(range(len(of))).flatmap(lambda n: of[n])


_STEP = _one_in(
    MEASURED, MEASURED, MEASURED, MEASURED, MEASURED, WAITS, WAITS, RUN, RUN, RUN,
    RETRACTED, RETRACTED, CORRECTED, AGAIN, ADOPTED, _one_in(REGISTERED, LOOK),
)  # fmt: skip


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many steps of life."""
    return st.lists(_STEP, min_size=least, max_size=most)


def quarters(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many steps about the quality of one system, from quarter to quarter."""

    @st.composite
    def quality(draw: st.DrawFn) -> Step:
        return Measure(
            host=draw(HOST),
            system="chat",
            metric="pass@5",
            values=tuple(draw(st.lists(st.sampled_from(VALUES["pass@5"]), min_size=1, max_size=2))),
            n=draw(st.sampled_from([100, 30, 10])),
            ago=draw(st.sampled_from([timedelta(0), timedelta(0), INSTANT, DAY, 15 * DAY])),
            minutes=0,
            dataset=draw(st.sampled_from(["a", "a", "a", "b", None])),
            judge=draw(st.sampled_from([None, None, "j1"])),
        )

    wait = st.builds(
        WaitForQuarter,
        st.sampled_from(ZONES),
        AFTER_QUARTER,
    )
    other: st.SearchStrategy[Step] = st.builds(Wait, st.sampled_from([HOUR, DAY, 40 * DAY]))
    return st.lists(
        _one_in(quality(), quality(), quality(), wait, other, RETRACTED, RUN, ADOPTED),
        min_size=least,
        max_size=most,
    )
