"""Which alerts belong to an incident whose impact is unknown."""

from datetime import timedelta

import pytest

from ledger.vocabulary import Impact
from tests.unit.domain.story import POLICY
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
