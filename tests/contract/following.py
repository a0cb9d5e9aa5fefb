"""What a store keeps for the followers of the log: positions, month members, what is watched."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.domain.judging.points import Point
from ledger.domain.review.counting import CountedIncident
from ledger.errors import Conflict
from ledger.store.port import Store
from ledger.store.side_records import (
    Deadline,
    DeadlineChecked,
    DeadlineClaimed,
    MeasuredPoint,
    MonthMember,
    PositionMove,
    TicketAddress,
)
from ledger.vocabulary import Status
from tests.contract.samples import NOON, event

HOUR = timedelta(hours=1)


def member(
    number: int,
    *,
    system: str = "chat",
    month: str = "2026-03",
    counts: bool = True,
    status: Status = Status.OPEN,
) -> MonthMember:
    """An incident that was detected at the leaf of its number."""
    part = CountedIncident(system=system, month=month, counts=counts, status=status)
    return MonthMember(incident=UUID(int=number), leaf=number, member=part)


def watched(number: int, at: datetime = NOON) -> Deadline:
    return Deadline(kind="rca", subject=UUID(int=number), at=at)


def looked(number: int, at: datetime, again: datetime | None) -> DeadlineChecked:
    return DeadlineChecked(kind="rca", subject=UUID(int=number), at=at, again=again)


class FollowingContract:
    """Followers: any number of them, and each move once."""

    def test_a_follower_begins_at_the_logs_beginning_and_is_where_it_moved(
        self, store: Store
    ) -> None:
        assert 0 == store.followers.position("clock")

        store.append([], [PositionMove(follower="clock", old=0, new=7)])
        store.append([], [PositionMove(follower="clock", old=7, new=9)])

        assert (9, 0) == (store.followers.position("clock"), store.followers.position("reviews"))

    def test_a_system_may_have_any_length_and_any_character(self, store: Store) -> None:
        noise = "".join(sha256(str(n).encode()).hexdigest() for n in range(100))
        kept = [member(n, system=f"{noise}\0{n}") for n in range(2)]

        store.append([], kept)

        assert kept == store.followers.counted_incidents("2026-03")
        assert kept[1:] == store.followers.counted_incidents("2026-03", f"{noise}\0{1}")
        assert [] == store.followers.counted_incidents("2026-03", noise)

    def test_a_move_from_where_the_follower_is_not_undoes_all_that_came_with_it(
        self, store: Store
    ) -> None:
        store.append([], [PositionMove(follower="clock", old=0, new=7)])

        for old in (0, 5):
            with pytest.raises(Conflict):
                store.append(
                    [event("review/1", 1)],
                    [member(1), watched(1), PositionMove(follower="clock", old=old, new=8)],
                )

        assert (7, 0) == (store.followers.position("clock"), store.size())
        assert {} == store.followers.month_members([UUID(int=1)])
        assert [] == store.deadlines.due("rca", NOON, 10)

    def test_a_member_is_kept_in_the_place_of_what_was_kept_before(self, store: Store) -> None:
        store.append([], [member(1), member(2)])
        store.append([], [member(1, system="search", status=Status.CLOSED)])

        kept = store.followers.month_members([UUID(int=1), UUID(int=2), UUID(int=3)])

        now = member(1, system="search", status=Status.CLOSED)
        assert {now.incident: now, UUID(int=2): member(2)} == kept

    def test_an_address_is_kept_once_for_each_incident_that_has_it(self, store: Store) -> None:
        one, other = (TicketAddress(digest="a", incident=UUID(int=n)) for n in (1, 2))
        elsewhere = TicketAddress(digest="b", incident=UUID(int=1))
        store.append([], [one, elsewhere])
        store.append([], [one, other, one])

        assert {one, other} == store.followers.ticket_addresses(["a", "c"])
        assert {one, other, elsewhere} == store.followers.ticket_addresses(["a", "b"])
        assert frozenset() == store.followers.ticket_addresses([])

    def test_points_come_in_order_since_a_time_and_the_newest_besides(self, store: Store) -> None:
        series, other = UUID(int=1), UUID(int=2)
        points = [
            Point(measurement=UUID(int=n), leaf=n, until=NOON - timedelta(hours=n), value=1.0)
            for n in range(6)
        ]
        kept = [MeasuredPoint(series=series, point=each) for each in points]
        store.append([], [*kept[:5], MeasuredPoint(series=other, point=points[5])])
        again = replace(points[2], retracted=True)
        store.append([], [MeasuredPoint(series=series, point=again)])

        found = store.followers.points(series, since=NOON - timedelta(hours=1))
        assert [points[1], points[0]] == found
        found = store.followers.points(series, since=NOON, newest=3)
        assert [again, points[1], points[0]] == found
        assert [] == store.followers.points(UUID(int=9), since=NOON, newest=3)
        of = store.followers.points_of([UUID(int=2), UUID(int=5), UUID(int=9)])
        assert {UUID(int=2): again, UUID(int=5): points[5]} == {
            measurement: each.point for measurement, each in of.items()
        }
        assert {series, other} == {each.series for each in of.values()}

    def test_what_counts_for_a_month_comes_in_order_of_detection(self, store: Store) -> None:
        kept = [
            member(10),
            member(9, status=Status.CLOSED),
            member(3, counts=False),
            member(4, status=Status.MERGED),
            member(5, status=Status.DISMISSED),
            member(6, system="search"),
            member(7, month="2026-04"),
        ]
        store.append([], kept)

        assert [9, 10] == [
            each.leaf for each in store.followers.counted_incidents("2026-03", "chat")
        ]
        assert [6, 9, 10] == [each.leaf for each in store.followers.counted_incidents("2026-03")]
        assert [member(7, month="2026-04")] == store.followers.counted_incidents("2026-04")
        assert [] == store.followers.counted_incidents("2026-05", "chat")

    def test_a_deadline_is_claimed_by_one_process_alone(self, store: Store) -> None:
        claim = DeadlineClaimed(kind="rca", subject=UUID(int=1), at=NOON, until=NOON + HOUR)
        with pytest.raises(Conflict):
            store.append([], [claim])
        store.append([], [watched(1)])

        store.append([], [claim])
        with pytest.raises(Conflict):
            store.append([event("review/1", 1)], [claim])

        assert [] == store.deadlines.due("rca", NOON, 10)
        assert [watched(1, NOON + HOUR)] == store.deadlines.due("rca", NOON + HOUR, 10)
        assert 0 == store.size()

    def test_what_is_watched_comes_when_its_time_has_come_longest_first(self, store: Store) -> None:
        later, sooner = watched(1, NOON + HOUR), watched(2, NOON - HOUR)
        alert = Deadline(kind="alert", subject=UUID(int=1), at=NOON)
        store.append([], [later, watched(3), sooner, alert])

        assert [sooner, watched(3)] == store.deadlines.due("rca", NOON, 10)
        assert [sooner] == store.deadlines.due("rca", NOON, 1)
        assert [sooner, watched(3), later] == store.deadlines.due("rca", NOON + HOUR, 10)
        assert [alert] == store.deadlines.due("alert", NOON, 10)

    def test_all_of_one_time_are_found_however_many_they_are(self, store: Store) -> None:
        same = [watched(number) for number in range(1, 6)]
        alert = Deadline(kind="alert", subject=UUID(int=9), at=NOON)
        store.append([], [*same, watched(7, NOON + HOUR), alert])

        found = store.deadlines.at("rca", NOON)
        assert same == sorted(found, key=lambda each: each.subject.int)
        assert [] == store.deadlines.at("rca", NOON - HOUR)

    def test_watching_a_subject_anew_moves_its_time(self, store: Store) -> None:
        store.append([], [watched(1)])
        store.append([], [watched(1, NOON + HOUR)])

        assert [] == store.deadlines.due("rca", NOON, 10)
        assert [watched(1, NOON + HOUR)] == store.deadlines.due("rca", NOON + HOUR, 10)

    def test_what_was_looked_at_is_watched_again_or_never(self, store: Store) -> None:
        store.append([], [watched(1), watched(2)])

        store.append([], [looked(1, NOON, None), looked(2, NOON, NOON + HOUR)])

        assert [watched(2, NOON + HOUR)] == store.deadlines.due("rca", NOON + HOUR, 10)

    def test_what_came_to_be_watched_in_the_meantime_stays_so(self, store: Store) -> None:
        store.append([], [watched(1, NOON + HOUR), watched(2, NOON + HOUR)])

        store.append([], [looked(1, NOON, None), looked(2, NOON, NOON + 2 * HOUR)])

        kept = store.deadlines.due("rca", NOON + 9 * HOUR, 10)
        assert [watched(1, NOON + HOUR), watched(2, NOON + HOUR)] == kept
