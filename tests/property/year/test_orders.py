"""What the order of signals, and a wait before they are committed, must not change."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.alert import Signal
from ledger.domain.incident.events import IncidentDetected
from tests.harness.homes import POSTGRES, SQLITE
from tests.property.year import incidents
from tests.property.year.bodies import said
from tests.property.year.reading import name_of
from tests.property.year.simulation import Town, town
from tests.property.year.sources import LABELS, SOURCES, signals_of
from tests.property.year.spans import HOUR
from tests.property.year.steps import Ago, Hear, Said
from tests.property.year.terms import Terms
from tests.property.year.test_year import memory

START = datetime(2028, 2, 29, 23, 30, tzinfo=UTC)
EXAMPLES = {SQLITE: 15, POSTGRES: 3}
TERMS = Terms(clock_skew=0, quiet=24)
SECOND = timedelta(seconds=1)

Arrival = tuple[Signal, datetime]
Found = dict[str, dict[str, object]]


@contextmanager
def a_town() -> Iterator[Town]:
    with (
        tempfile.TemporaryDirectory(dir=memory()) as directory,
        town(Path(directory), START, TERMS) as opened,
    ):
        yield opened


def after(happen: Callable[[Town], None]) -> Found:
    """The incidents after something happened, with the RCA's due time; their leaves may differ."""
    with a_town() as opened:
        happen(opened)
        log = opened.log()
    due = {name_of(e): e.event.rca_due for e in log if isinstance(e.event, IncidentDetected)}
    return {
        name: {field: value for field, value in row.items() if field != "reference"}
        | {"rca_due": due[name]}
        for name, row in incidents.rows(log).items()
    }


def hear(source: str, *told: Said) -> tuple[Signal, ...]:
    return signals_of(Hear(0, source, told), START)


PASTS = st.lists(said(("a", "b", "d")), max_size=4).map(
    lambda told: [hear("am", each) for each in told]
)
BODIES = st.lists(said(tuple(LABELS)), min_size=2, max_size=6, unique_by=lambda each: each.key)


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[Sequence[Signal], Sequence[Signal]]:
    told = draw(BODIES)
    return hear("am", *told), hear("am", *draw(st.permutations(told)))


def test_the_same_body_in_any_order_comes_to_the_same_incidents(store: str) -> None:
    @settings(max_examples=EXAMPLES[store])
    @given(past=PASTS, orders=two_orders())
    def holds(
        past: list[tuple[Signal, ...]], orders: tuple[Sequence[Signal], Sequence[Signal]]
    ) -> None:
        def happen(body: Sequence[Signal], opened: Town) -> None:
            for each in past:
                opened.take(0, each)
            opened.now += 2 * HOUR
            opened.take(1, body)

        one, other = (after(partial(happen, body)) for body in orders)
        assert one == other

    holds()


LATELY = st.builds(Ago, st.sampled_from([timedelta(0), SECOND, 10 * SECOND, HOUR / 3]))
"""Nothing began in another month, and every end is within the quiet time."""
TOLD = st.tuples(
    st.sampled_from(list(SOURCES)),
    st.builds(
        Said,
        st.sampled_from(["a", "b", "d"]),
        st.sampled_from(["firing", "firing", "resolved"]),
        LATELY,
        LATELY,
        st.sampled_from([None, "critical", "warning", "error"]),
    ),
)


@st.composite
def two_doors(draw: st.DrawFn) -> tuple[list[Arrival], list[tuple[int, Arrival]]]:
    """Signals within a minute; the same at two doors, and in which order these commit them.

    A sender tells of one alert at one door, in order.
    """
    told = draw(st.lists(TOLD, min_size=2, max_size=8))
    arrived = [(hear(source, each)[0], START + n * SECOND) for n, (source, each) in enumerate(told)]
    key = [(signal.source, signal.dedup_key) for signal, _ in arrived]
    door = {each: draw(st.integers(0, 1)) for each in dict.fromkeys(key)}
    turns = draw(st.permutations(key))
    waiting = {each: [a for a, of in zip(arrived, key, strict=True) if of == each] for each in door}
    return arrived, [(door[each], waiting[each].pop(0)) for each in turns]


def test_doors_that_commit_in_another_order_come_to_the_same_incidents(store: str) -> None:
    @settings(max_examples=EXAMPLES[store])
    @given(orders=two_doors())
    def holds(orders: tuple[list[Arrival], list[tuple[int, Arrival]]]) -> None:
        in_turn, at_doors = orders

        def one(opened: Town) -> None:
            opened.now += HOUR / 60
            for signal, at in in_turn:
                opened.take(0, [signal], at)

        def other(opened: Town) -> None:
            opened.now += HOUR / 60
            for door, (signal, at) in at_doors:
                opened.take(door, [signal], at)

        assert _but_for_the_first(after(one)) == _but_for_the_first(after(other))

    holds()


def _but_for_the_first(found: Found) -> Found:
    """Without what a new incident has of its first alert alone."""
    return {
        name: {field: row[field] for field in row if field not in {"detected_at", "rca_due"}}
        for name, row in found.items()
    }


def test_a_copy_that_waited_at_another_door_changes_nothing(store: str) -> None:
    """ADR 20: of the firing behind its end, and of the end behind the next firing."""
    fires, ends = hear("am", Said("a", "firing"))[0], hear("am", Said("a", "resolved"))[0]

    def sent(opened: Town, *, copies: bool) -> None:
        opened.now += HOUR / 60
        opened.take(0, [fires], START)
        opened.take(0, [ends], START + SECOND)
        if copies:
            opened.take(1, [fires], START)
        again = hear("am", Said("a", "firing"))[0]
        opened.take(0, [again], START + 10 * SECOND)
        if copies:
            stated = hear("am", Said("a", "resolved", ends=Ago(timedelta(0))))[0]
            opened.take(1, [stated], START + SECOND)

    once = after(lambda opened: sent(opened, copies=False))
    assert once == after(lambda opened: sent(opened, copies=True))
    assert [("ongoing", 1)] == [(row["impact"], row["alerts_firing"]) for row in once.values()]


WAITED = st.lists(
    st.tuples(
        st.sampled_from(list(SOURCES)), said(("a", "b", "d")), st.sampled_from([0, 1, 30, 400])
    ),
    min_size=1,
    max_size=8,
)


def test_signals_that_waited_twenty_hours_come_to_what_they_would_have_at_once(store: str) -> None:
    """Their arrival is the broker's append time: an outage of ours detects nothing late."""

    @settings(max_examples=EXAMPLES[store])
    @given(told=WAITED)
    def holds(told: list[tuple[str, Said, int]]) -> None:
        def happen(opened: Town, *, wait: timedelta) -> None:
            at = START
            for source, each, minutes in told:
                at += timedelta(minutes=minutes)
                opened.now = at + wait
                opened.take(0, signals_of(Hear(0, source, (each,)), at), at)

        at_once = after(lambda opened: happen(opened, wait=timedelta(0)))
        assert at_once == after(lambda opened: happen(opened, wait=20 * HOUR))

    holds()
