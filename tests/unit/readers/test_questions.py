"""What readers are asked by a policy, and when: intervals are aligned, each is asked for once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consumers.readers.questions import (
    SETTLED_AFTER,
    Question,
    due,
    questions_of,
    seconds_of,
    time_of,
)
from ledger.policy import parse_policy, shipped
from tests.unit.readers.samples import asking

DAY = timedelta(days=1)
HOURLY = Question("prod", "latency", "chat", "p95", "s", "q", None, 3600)
NOW = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


def hours(*times: int) -> list[int]:
    return [seconds_of(datetime(2026, 3, 1, hour, tzinfo=UTC)) for hour in times]


def test_the_shipped_policy_asks_nothing() -> None:
    assert [] == list(questions_of(parse_policy(shipped())))


def test_a_system_and_an_interval_stand_in_the_query() -> None:
    text = asking(
        query='up{job="$system"}[$interval] $intervals',
        n_query=None,
        systems='["chat", \'a"b\\c\']',
        interval="PT30M",
    )
    chat, quoted = questions_of(parse_policy(text))
    assert 'up{job="chat"}[1800s] $intervals' == chat.query
    assert r'up{job="a\"b\\c"}[1800s] $intervals' == quoted.query
    assert ("p95", "s", None, 1800) == (chat.metric, chat.unit, chat.n_query, chat.seconds)
    assert chat.position != quoted.position


def test_one_that_was_never_asked_begins_with_the_interval_that_ended_last() -> None:
    assert hours(12) == list(due(HOURLY, 0, NOW, DAY).ends)


def test_an_interval_is_asked_for_once_its_last_scrape_is_there() -> None:
    [eleven, twelve] = hours(11, 12)
    at = time_of(twelve) + SETTLED_AFTER
    assert [] == list(due(HOURLY, eleven, at - timedelta(seconds=1), DAY).ends)
    assert [twelve] == list(due(HOURLY, eleven, at, DAY).ends)
    assert [] == list(due(HOURLY, twelve, at, DAY).ends)


def test_what_ended_while_nobody_asked_is_asked_for_and_what_is_too_long_ago_is_skipped() -> None:
    [eight] = hours(8)
    assert hours(9, 10, 11, 12) == list(due(HOURLY, eight, NOW, DAY).ends)
    assert due(HOURLY, eight, NOW, DAY).skipped is None
    found = due(HOURLY, eight, NOW, timedelta(hours=2))
    assert (hours(11, 12), (eight, hours(10)[0])) == (list(found.ends), found.skipped)
    assert hours(12) == list(due(HOURLY, eight, NOW, timedelta(0)).ends)


def test_another_interval_goes_on_where_the_one_before_it_was_asked() -> None:
    [eleven] = hours(11)
    longer = HOURLY._replace(seconds=2 * 3600)
    assert hours(12) == list(due(longer, eleven, NOW, DAY).ends)
    shorter = HOURLY._replace(seconds=1800)
    assert [eleven + 1800, eleven + 3600] == list(due(shorter, eleven, NOW, DAY).ends)


@given(
    st.integers(60, 100_000),
    st.integers(0, 2 * 10**6),
    st.lists(st.integers(0, 200_000), max_size=8),
    st.integers(0, 200_000),
)
def test_whenever_somebody_looks_every_interval_is_asked_for_or_skipped_once(
    seconds: int, begun: int, waits: list[int], catch_up: int
) -> None:
    question = HOURLY._replace(seconds=seconds)
    now, position = time_of(10**9 + begun), 0
    covered: list[tuple[int, int]] = []
    for wait in waits:
        now += timedelta(seconds=wait)
        found = due(question, position, now, timedelta(seconds=catch_up))
        if found.skipped is not None:
            covered.append(found.skipped)
            position = found.skipped[1]
        for end in found.ends:
            assert end % seconds == 0
            assert time_of(end) + SETTLED_AFTER <= now
            covered.append((end - seconds, end))
            position = end
    for (_, until), (since, _) in pairwise(covered):
        assert until == since
    assert all(since < until for since, until in covered)
