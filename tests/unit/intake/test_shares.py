"""Bytes that senders share: one has its part, and none is shut out by those who hold all of it."""

from consumers.intake.shares import Shares


def test_one_sender_holds_no_more_than_its_part() -> None:
    shares = Shares(most=100, most_of_one=50)
    shares.add("a", 50)
    assert not shares.has_room("a", 1)
    assert shares.has_room("b", 50)


def test_a_sender_that_asks_for_little_has_room_where_others_hold_all_of_it() -> None:
    shares = Shares(most=100, most_of_one=50)
    shares.add("a", 50)
    shares.add("b", 50)
    assert shares.has_room("c", 33)
    assert not shares.has_room("c", 34)
    shares.add("c", 33)
    assert not shares.has_room("c", 1)


def test_all_hold_no_more_than_twice_the_bound() -> None:
    shares = Shares(most=100, most_of_one=50)
    for n in range(1_000):
        size = next((size for size in range(50, 0, -1) if shares.has_room(f"{n}", size)), 0)
        if size:
            shares.add(f"{n}", size)
    assert 100 < shares.total <= 200


def test_what_is_given_back_is_room_again() -> None:
    shares = Shares(most=100, most_of_one=50)
    shares.add("a", 50)
    shares.remove("a", 20)
    assert (30, 30) == (shares.held_by("a"), shares.total)
    assert shares.has_room("a", 20)
