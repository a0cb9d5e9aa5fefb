"""A body waits for admission before it is parsed: one large one of a source at a time."""

import asyncio

import pytest

from consumers.intake.admission import Admission
from consumers.intake.offload import SMALL_BODY_BYTES
from ledger.errors import Overloaded

LARGE = 10 * SMALL_BODY_BYTES
DEADLINE = 10.0


def bodies(patience: float = DEADLINE) -> Admission:
    return Admission(most=2 * LARGE, most_of_a_source=LARGE, patience=patience)


async def test_a_second_body_of_a_source_waits_until_the_first_is_recorded() -> None:
    in_hand, order = bodies(), []

    async def second() -> None:
        async with in_hand.admit("a", LARGE):
            order.append("second")

    async with in_hand.admit("a", LARGE):
        waiting = asyncio.create_task(second())
        async with in_hand.admit("b", LARGE):
            order.append("of another source")
        order.append("first")
    await asyncio.wait_for(waiting, DEADLINE)
    assert ["of another source", "first", "second"] == order


async def test_a_body_that_gets_no_turn_in_time_is_overloaded_and_says_why() -> None:
    in_hand = bodies(patience=0.01)
    async with in_hand.admit("a", LARGE):
        with pytest.raises(Overloaded, match="of them of a") as refused:
            async with in_hand.admit("a", LARGE):
                pass
    assert "Send it again in a moment." == refused.value.remedy
    async with in_hand.admit("a", LARGE):
        pass


async def test_small_bodies_never_wait_and_others_have_room_beside_large_ones() -> None:
    in_hand = bodies(patience=0.01)
    async with in_hand.admit("a", LARGE), in_hand.admit("b", LARGE):
        async with in_hand.admit("a", SMALL_BODY_BYTES):
            pass
        async with in_hand.admit("c", 2 * LARGE // 3):
            pass
        with pytest.raises(Overloaded):
            async with in_hand.admit("c", LARGE):
                pass


async def test_a_body_whose_request_ends_while_it_waits_leaves_its_turn_to_others() -> None:
    in_hand = bodies()

    async def take() -> None:
        async with in_hand.admit("a", LARGE):
            pass

    async with in_hand.admit("a", LARGE):
        gone, stays = asyncio.create_task(take()), asyncio.create_task(take())
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    await asyncio.wait_for(stays, DEADLINE)
