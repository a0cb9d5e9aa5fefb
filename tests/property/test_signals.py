"""Signals in any order: what depends on it, and what does not."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import kind_of
from tests.golden.envelope import recorded
from tests.unit.domain.story import NOW, POLICY
from tests.unit.domain.world import LABELS, PEER, World, minutes, signal

LABELS_OF = {
    "a": LABELS,
    "b": LABELS,
    "c": LABELS | {"alertname": "Other"},
    "d": LABELS | {"severity": "info"},
}
ONE_GROUP_EACH = ("a", "c", "d")
SENDERS = (Sender(external_url="http://peer-a"), PEER)
AROUND = st.integers(-200, 200).map(minutes)


class Arrival(NamedTuple):
    """A signal and when it arrives."""

    signal: Signal
    at: datetime


def signals(
    keys: tuple[str, ...] = tuple(LABELS_OF), ends_at: st.SearchStrategy[datetime] = AROUND
) -> st.SearchStrategy[Signal]:
    """Signals of a few alerts, of two peers."""
    return st.builds(
        lambda key, status, **claims: signal(key, status, labels=LABELS_OF[key], **claims),
        st.sampled_from(keys),
        st.sampled_from(["firing", "resolved"]),
        starts_at=st.none() | AROUND,
        ends_at=st.none() | ends_at,
        sender=st.sampled_from(SENDERS),
    )


def arrivals(keys: tuple[str, ...] = tuple(LABELS_OF)) -> st.SearchStrategy[list[Arrival]]:
    """Signals with arrival times that may be behind one another, as after an outage."""
    return st.lists(st.builds(Arrival, signals(keys), AROUND), max_size=15)


@st.composite
def reordered(draw: st.DrawFn, given_order: list[Arrival]) -> list[Arrival]:
    """The same arrivals, interleaved in another way: each alert's own stay in their order."""
    waiting = {key: [x for x in given_order if x.signal.dedup_key == key] for key in LABELS_OF}
    turns = draw(st.permutations([x.signal.dedup_key for x in given_order]))
    return [waiting[key].pop(0) for key in turns]


def after(arrived: list[Arrival]) -> World:
    """A ledger that took these."""
    world = World()
    for each in arrived:
        world.take(*each)
    return world


@settings(max_examples=100, deadline=None)
@given(arrivals(), signals(), AROUND, st.none() | AROUND)
def test_the_same_signal_twice_in_a_row_changes_nothing_more(
    past: list[Arrival], again: Signal, at: datetime, last_heard_at: datetime | None
) -> None:
    world = after(past)
    if last_heard_at is not None:
        world.stale(again.dedup_key, last_heard_at, last_heard_at + timedelta(hours=12))
    first = world.take(again, at)
    streams = {name: list(events) for name, events in world.streams.items()}
    second = world.take(again, at)
    assert () == second.changes
    assert streams == world.streams
    if any(kind_of(change.stream) == "incident" for change in first.changes):
        assert first.incident == second.incident


@settings(max_examples=100, deadline=None)
@given(arrivals(), signals())
def test_a_signal_retried_behind_later_ones_changes_no_state(
    past: list[Arrival], again: Signal
) -> None:
    world = after(past)
    before = {name: world.state(name) for name in list(world.streams)}
    last = world.alert(again.dedup_key).last_arrived_at
    assume(last is not None)
    assert last is not None
    taken = world.take(again, last - timedelta(microseconds=1), retried=True)
    assert ["alert.late_recorded.v1"] == [change.event.name for change in taken.changes]
    assert before == {name: world.state(name) for name in world.streams}


@settings(max_examples=100, deadline=None)
@given(arrivals(), signals(), AROUND, st.none() | AROUND, st.booleans())
def test_an_acknowledge_opens_and_ends_nothing(
    past: list[Arrival], of: Signal, at: datetime, last_heard_at: datetime | None, retried: bool
) -> None:
    world = after(past)
    if last_heard_at is not None:
        world.stale(of.dedup_key, last_heard_at, last_heard_at + timedelta(hours=12))
    firing, incidents = world.alert(of.dedup_key).firing, set(world.incidents())
    taken = world.take(replace(of, status=SignalStatus.ACKNOWLEDGED), at, retried=retried)
    assert {change.event.name for change in taken.changes} <= {
        *("alert.heard.v1", "incident.alert_linked.v1"),
    }
    assert (firing, incidents) == (world.alert(of.dedup_key).firing, set(world.incidents()))


@settings(max_examples=100, deadline=None)
@given(arrivals().flatmap(lambda xs: st.tuples(st.just(xs), reordered(xs))))
def test_what_signals_mean_for_an_alert_does_not_depend_on_other_alerts(
    orders: tuple[list[Arrival], list[Arrival]],
) -> None:
    """Whatever their arrival times: every alert ends up the same, but for which incident it is in.

    (Which one may differ: an incident attracts for as long as its alerts keep it going.)
    """
    one, other = map(after, orders)
    for key in LABELS_OF:
        assert replace(one.alert(key), incident=None) == replace(other.alert(key), incident=None)


@settings(max_examples=100, deadline=None)
@given(arrivals(ONE_GROUP_EACH).flatmap(lambda xs: st.tuples(st.just(xs), reordered(xs))))
def test_alerts_of_different_groups_do_not_touch_each_other(
    orders: tuple[list[Arrival], list[Arrival]],
) -> None:
    """Whatever their arrival times, every stream has the same events in the same order."""
    one, other = map(after, orders)
    assert one.streams == other.streams


LATELY = st.integers(-59, 60).map(minutes)
AT_ONCE = st.lists(signals(ends_at=LATELY).map(lambda s: Arrival(s, NOW)), max_size=15)


@settings(max_examples=100, deadline=None)
@given(AT_ONCE.flatmap(lambda xs: st.tuples(st.just(xs), reordered(xs))))
def test_signals_that_arrive_together_end_in_the_same_alerts_and_incidents(
    orders: tuple[list[Arrival], list[Arrival]],
) -> None:
    """Where no end lies further back than `quiet`, a group opens one incident at most.

    So incidents by id, their firing alerts and their impact are the same in any interleaving. Only
    what the first alert says of a new incident (its title, its detection) is that alert's.
    """
    one, other = map(after, orders)
    assert {key: one.alert(key) for key in LABELS_OF} == {
        key: other.alert(key) for key in LABELS_OF
    }
    impacts = [
        {name: (incident.firing, incident.impact_ended_at) for name, incident in of.items()}
        for of in (one.incidents(), other.incidents())
    ]
    assert impacts[0] == impacts[1]


CHARACTERS = st.sampled_from(["x", "é", "\n", "\x01", "🔥", '"'])
LENGTHS = st.sampled_from([0, 1, 200, 501, 4_000, 12_000])
LONG = st.builds(lambda character, length: character * length, CHARACTERS, LENGTHS)


@settings(max_examples=100, deadline=None)
@given(system=LONG, alertname=LONG, title=LONG, note=LONG, url=LONG, group_key=LONG)
def test_every_event_of_a_signal_of_at_most_52_000_bytes_fits_a_log_entry(
    system: str, alertname: str, title: str, note: str, url: str, group_key: str
) -> None:
    labels = LABELS | {"system": system, "alertname": alertname}
    long = signal(
        labels=labels,
        title=title,
        annotations={"note": note},
        generator_url=url,
        sender=Sender(group_key=group_key),
    )
    assume(len(msgspec.json.encode(long)) <= 52_000)
    world = World(POLICY)
    world.take(replace(long, dedup_key="unseen", status="resolved"))
    world.take(long)
    world.take(replace(long, status="resolved"), minutes(1))
    world.take(long, retried=True)
    for events in world.streams.values():
        for event in events:
            assert CODEC.encode(recorded(event))
