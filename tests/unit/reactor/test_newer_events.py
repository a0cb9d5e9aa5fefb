"""Review process and clock beside a newer program: its events are left to its own followers."""

from uuid import UUID

import pytest

from consumers.access.people import by_airledger
from consumers.reactor import clock, reviews
from ledger.domain.catalogue import CODEC
from ledger.domain.incident.events import RcaOverdue
from ledger.domain.review import ReviewLaunched
from ledger.errors import UnknownEvent
from ledger.execute import AdvanceFollower
from ledger.store.side_records import PositionMove
from tests.harness.newer import adopt_newer, append_newer
from tests.unit.reactor.watch import DAY, Watch, new_id


def test_reviews_read_up_to_an_event_of_a_newer_program_and_no_further(desk: Watch) -> None:
    for number in range(1, 5):
        desk.happens(number)
    leaf = append_newer(desk.store, f"incident/{UUID(int=1)}")
    for number in range(5, 7):
        desk.happens(number, "search")

    for _ in range(2):
        with pytest.raises(UnknownEvent, match="Upgrade airledger"):
            desk.reviews().catch_up()

    assert ["chat"] == launched(desk)
    assert leaf == desk.store.followers.position(reviews.NAME)


def launched(desk: Watch) -> list[str]:
    """The systems of the reviews that were launched."""
    entries = desk.store.read(0, 1_000, sealed=False)
    found = [
        CODEC.decode(entry.stored, entry.leaf).event
        for entry in entries
        if entry.type == ReviewLaunched.name
    ]
    return [event.system for event in found if isinstance(event, ReviewLaunched)]


def test_reviews_go_on_where_a_newer_program_read_past_its_event(desk: Watch) -> None:
    desk.happens(1)
    leaf = append_newer(desk.store, f"incident/{UUID(int=1)}")
    desk.seal()
    process = desk.reviews()
    with pytest.raises(UnknownEvent):
        process.catch_up()

    moved = PositionMove(follower=reviews.NAME, old=leaf, new=leaf + 1)
    desk.executor.execute(AdvanceFollower(moved=moved), by_airledger(desk.now, new_id()))
    for number in range(2, 5):
        desk.happens(number)

    assert process.catch_up()
    assert ["chat"] == launched(desk)


def test_events_of_a_kind_of_stream_that_a_follower_does_not_read_are_passed(desk: Watch) -> None:
    append_newer(desk.store, f"risk/{UUID(int=1)}")
    for number in range(1, 5):
        desk.happens(number)

    assert desk.reviews().catch_up()
    assert desk.store.size() - 1 == desk.store.followers.position(reviews.NAME)


def test_the_clock_records_what_it_knows_of_and_then_says_what_stops_it(desk: Watch) -> None:
    desk.happens(1)
    desk.clock().catch_up()
    append_newer(desk.store, f"alert/{UUID(int=7)}")
    desk.seal()
    desk.now += 2 * DAY
    own = desk.clock()

    assert own.catch_up()
    with pytest.raises(UnknownEvent, match="Upgrade airledger"):
        own.catch_up()

    overdue = [e for e in desk.store.read(0, 1_000, sealed=False) if e.type == RcaOverdue.name]
    assert 1 == len(overdue)
    assert desk.store.followers.position(clock.NAME) < desk.store.size()


def test_a_due_time_of_an_incident_that_a_newer_program_wrote_to_stays_watched(
    desk: Watch,
) -> None:
    first, second = desk.happens(1), desk.happens(2)
    desk.clock().catch_up()
    append_newer(desk.store, f"incident/{first}")
    desk.now += 2 * DAY

    assert desk.clock().catch_up()

    entries = desk.store.read(0, 1_000, sealed=False)
    overdue = [entry.stream for entry in entries if entry.type == RcaOverdue.name]
    assert [f"incident/{second}"] == overdue
    assert [first] == [each.subject for each in desk.store.deadlines.due("rca", desk.now, 10)]


def test_what_falls_due_under_a_policy_that_only_a_newer_program_reads_waits_for_one_it_reads(
    desk: Watch,
) -> None:
    incident = desk.happens(1)
    desk.clock().catch_up()
    adopt_newer(desk.store)
    desk.now += 2 * DAY

    with pytest.raises(UnknownEvent, match=r"rca\.of_a_newer_program"):
        desk.clock().catch_up()
    assert [incident] == [each.subject for each in desk.store.deadlines.due("rca", desk.now, 10)]

    desk.adopts(more_than=5)
    assert desk.clock().catch_up()
    assert 1 == len(desk.told_of(RcaOverdue))
