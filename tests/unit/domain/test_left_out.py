"""When alerts that a source left out are known again, or over."""

from datetime import timedelta
from functools import reduce

import pytest

from ledger.domain.alert import Sender
from ledger.domain.source import (
    LeftOutEnded,
    Source,
    evolve,
    find_complete,
    find_not_repeated,
    group_of,
    leave_out,
)
from ledger.domain.source.left_out import COMPLETE, NOT_REPEATED
from tests.unit.domain.story import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONE, OTHER = (Sender(receiver="r", group_key=key) for key in ("one", "other"))
PEER = Sender(receiver="r", group_key="one", external_url="http://peer")


def cut(state: Source, sender: Sender, after: timedelta) -> Source:
    return evolve(state, leave_out(state, "main", sender, missing=2, at=NOW + after))


def ended(sender: Sender, after: timedelta, basis: str) -> LeftOutEnded:
    return LeftOutEnded(at=NOW + after, source="main", sender=sender, since=NOW, basis=basis)


def test_the_gap_of_a_group_begins_with_its_first_body_whichever_peer_sends_it() -> None:
    state = reduce(lambda state, of: cut(state, *of), [(ONE, HOUR * 0), (PEER, HOUR)], Source())
    assert 4 == state.missing
    [(group, left_out)] = state.left_out.items()
    assert (group_of("main", ONE), NOW, NOW + HOUR) == (group, left_out.since, left_out.last_at)
    assert group_of("main", ONE) != group_of("other", ONE)


@pytest.mark.parametrize(("after", "ends"), [(HOUR, HOUR), (-MINUTE, timedelta(0))])
def test_it_ends_with_a_complete_body_of_that_group_and_never_before_it_began(
    after: timedelta, ends: timedelta
) -> None:
    state = cut(cut(Source(), ONE, HOUR * 0), OTHER, HOUR * 0)
    assert () == find_complete(Source(), "main", ONE, NOW)
    [event] = find_complete(state, "main", PEER, NOW + after)
    assert ended(PEER, ends, COMPLETE) == event
    assert [group_of("main", OTHER)] == list(evolve(state, event).left_out)


def test_it_ends_where_the_group_is_not_repeated_in_its_time_while_somebody_listened() -> None:
    state = cut(Source(), ONE, HOUR * 0)

    def found(
        after: timedelta, sent: timedelta = HOUR * 0, listening: timedelta = -HOUR
    ) -> tuple[LeftOutEnded, ...]:
        return find_not_repeated(
            state,
            "main",
            sent_at={group_of("main", ONE): NOW + sent},
            listening_since=NOW + listening,
            stale_after=2 * HOUR,
            now=NOW + after,
        )

    assert () == found(2 * HOUR - MINUTE)
    assert (ended(ONE, 2 * HOUR, NOT_REPEATED),) == found(2 * HOUR) == found(9 * HOUR)
    assert () == found(2 * HOUR, sent=MINUTE)
    assert () == found(2 * HOUR, listening=MINUTE)
    assert (ended(ONE, 3 * HOUR, NOT_REPEATED),) == found(9 * HOUR, listening=HOUR)
    assert {} == evolve(state, ended(ONE, 2 * HOUR, NOT_REPEATED)).left_out
