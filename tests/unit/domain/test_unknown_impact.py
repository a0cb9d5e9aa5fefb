"""Which alerts belong to unknown impact, and what a merge keeps of an end that a person stated."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.envelope import stream_id
from ledger.domain.incident.commands import Resolve
from ledger.domain.signal_state import StreamEvent
from ledger.vocabulary import Impact
from tests.unit.domain.story import POLICY, detected
from tests.unit.domain.world import World, ends, fires, minutes

SILENCE = int(POLICY.alerts.stale_after / timedelta(minutes=1))
"""So many minutes after it was heard of, an alert is stale."""


def half_heard() -> World:
    """Two alerts of one incident: of the first nobody hears any more, the second fires."""
    world = World()
    world.take(fires("a"))
    world.take(fires("b"), minutes(1))
    world.stale("a", minutes(0), minutes(SILENCE))
    return world


@pytest.mark.parametrize(("later", "joins"), [(59, True), (60, False)])
def test_an_alert_joins_unknown_impact_until_an_hour_after_the_last_that_fired_ended(
    later: int, joins: bool
) -> None:
    world = half_heard()
    first = world.alert("a").incident
    assert first is not None
    world.take(ends("b"), minutes(SILENCE + 50))
    assert Impact.UNKNOWN is world.incident(first).impact
    assert joins == (first == world.opened(fires("c"), minutes(SILENCE + 50 + later)))


@pytest.mark.parametrize(("later", "joins"), [(59, True), (60, False)])
def test_an_end_before_the_mark_does_not_shorten_the_hour_after_it(later: int, joins: bool) -> None:
    world = half_heard()
    first = world.alert("a").incident
    world.take(ends("b", ends_at=minutes(2)), minutes(SILENCE + 1))
    assert joins == (first == world.opened(fires("c"), minutes(SILENCE + later)))


@pytest.mark.parametrize("into_the_stated", [False, True])
def test_an_end_that_a_person_stated_outlasts_a_merge_with_one_that_goes_on(
    into_the_stated: bool,
) -> None:
    world, reported = World(), UUID(int=1)
    world.append([StreamEvent(stream_id("incident", reported), detected(at=minutes(0)))])
    fired = world.opened(fires("a"), minutes(0))
    world.command(reported, Resolve(reason="It does no more harm"), minutes(30))
    source, into = (fired, reported) if into_the_stated else (reported, fired)
    world.merge(source, into, minutes(40))
    assert Impact.ONGOING is world.incident(into).impact
    world.take(ends("a", ends_at=minutes(10)), minutes(50))
    whole = world.incident(into)
    assert (Impact.ENDED, minutes(30)) == (whole.impact, whole.end)
