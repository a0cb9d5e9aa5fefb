"""Strategies for spans, instants and hosts."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.property.year.steps import Ago, Ahead, Claimed, MonthStart, Step, When
from tests.property.year.terms import ZONES

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
CLAIMED: st.SearchStrategy[Claimed | None] = st.one_of(
    st.none(),
    WHEN,
    st.builds(Ago, SPANS),
    st.builds(Ahead, st.sampled_from([timedelta(seconds=30), HOUR])),
    st.just(datetime(1970, 1, 1, tzinfo=UTC)),
)
HOST = st.integers(0, 1)


def one_in(*choices: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    """Each of these as often as another (`one_of` gives each of their own choices as much)."""
    return st.sampled_from(choices).flatmap(lambda choice: choice)
