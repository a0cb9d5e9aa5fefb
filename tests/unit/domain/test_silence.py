"""When a source is silent, when it is heard again, and when nobody listened."""

from datetime import timedelta

import pytest

from ledger.domain.intake import INTERRUPTED_AFTER, IntakeInterrupted, find_interruption
from ledger.domain.source import (
    SilenceEnded,
    Source,
    SourceEvent,
    SourceHeard,
    SourceSilent,
    evolve,
    find_heard,
    find_silent,
    silent_for,
)
from tests.unit.domain.story import NOW

MINUTE = timedelta(minutes=1)


def silent(state: Source, after: timedelta, **given: object) -> tuple[SourceSilent, ...]:
    """What is found so long after it was last heard."""
    return find_silent(
        state,
        "main",
        **{  # type: ignore[arg-type]
            "last_heard_at": NOW,
            "listening_since": NOW,
            "silent_after": 15 * MINUTE,
            "now": NOW + after,
            **given,
        },
    )


def begun(since: int) -> SourceSilent:
    """A silence since so many minutes."""
    since_at = NOW + since * MINUTE
    return SourceSilent(at=since_at + 15 * MINUTE, source="main", since=since_at)


def heard(since: int, until: int) -> SourceHeard:
    """Its end, for the source was heard."""
    at = NOW + until * MINUTE
    return SourceHeard(at=at, source="main", silent_since=NOW + since * MINUTE, heard_at=at)


def ended(since: int, until: int) -> SilenceEnded:
    """Its end, for the source may send no more."""
    since_at = NOW + since * MINUTE
    return SilenceEnded(at=NOW + until * MINUTE, source="main", silent_since=since_at)


def test_a_source_is_silent_from_the_end_of_its_time_on() -> None:
    assert () == silent(Source(), 15 * MINUTE - timedelta(microseconds=1))
    expected = SourceSilent(at=NOW + 15 * MINUTE, source="main", since=NOW)
    for after in (15 * MINUTE, timedelta(days=1)):
        assert (expected,) == silent(Source(), after)


def test_it_is_so_once() -> None:
    [event] = silent(Source(missing=3), 15 * MINUTE)
    state = evolve(Source(missing=3), event)
    assert Source(missing=3, silent_since=NOW) == state
    assert () == silent(state, timedelta(days=1))


def test_its_time_begins_anew_when_somebody_listens_again() -> None:
    listening_since = NOW + timedelta(hours=2)
    before = timedelta(hours=2) + 14 * MINUTE
    assert () == silent(Source(), before, listening_since=listening_since)
    [event] = silent(Source(), before + MINUTE, listening_since=listening_since)
    assert (NOW, NOW + before + MINUTE) == (event.since, event.at)


@pytest.mark.parametrize(("after", "ends"), [(MINUTE, MINUTE), (-MINUTE, timedelta(0))])
def test_a_gap_ends_when_it_is_heard_and_never_before_it_began(
    after: timedelta, ends: timedelta
) -> None:
    state = Source(silent_since=NOW)
    [event] = find_heard(state, "main", NOW + after)
    expected = SourceHeard(at=NOW + ends, source="main", silent_since=NOW, heard_at=NOW + ends)
    assert expected == event
    assert Source() == evolve(state, event)
    assert () == find_heard(Source(), "main", NOW)


@pytest.mark.parametrize("after", [-timedelta(days=1), timedelta(0), INTERRUPTED_AFTER])
def test_a_recent_sign_or_one_ahead_of_the_clock_is_no_interruption(after: timedelta) -> None:
    assert () == find_interruption(NOW, NOW + after)


def test_an_interruption_lasts_from_the_last_sign_until_now() -> None:
    until = NOW + INTERRUPTED_AFTER + timedelta(milliseconds=1)
    assert (IntakeInterrupted(at=until, since=NOW, until=until),) == find_interruption(NOW, until)


@pytest.mark.parametrize(
    ("events", "minutes"),
    [
        ((), 0),
        ((begun(0),), 60),
        ((begun(-30),), 60),
        ((begun(20), heard(20, 30)), 10),
        ((begun(-30), heard(-30, 10), begun(50)), 20),
        ((begun(-30), heard(-30, -10)), 0),
        ((begun(70),), 0),
        ((begun(50), ended(50, 90)), 10),
    ],
)
def test_how_long_a_source_was_silent_within_an_hour(
    events: tuple[SourceEvent, ...], minutes: int
) -> None:
    assert minutes * MINUTE == silent_for(events, NOW, NOW + 60 * MINUTE)
