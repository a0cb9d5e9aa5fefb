"""Which incident an alert belongs to: its group's newest while that attracts, else a new one."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.envelope import stream_id
from ledger.domain.identity import group_id, incident_id
from ledger.domain.incident.commands import Amend, Close, Dismiss, Reopen
from ledger.domain.incident.events import Closed
from ledger.domain.signal_state import StreamEvent
from ledger.vocabulary import Impact, Status
from tests.unit.domain.story import DETECTED_AT, NOW, detected
from tests.unit.domain.world import LABELS, World, ends, fires, minutes

GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND, THIRD = (incident_id(GROUP, n) for n in (1, 2, 3))
REPORTED = UUID(int=7)
OTHER = LABELS | {"alertname": "Other"}


def close(world: World, incident: UUID) -> None:
    world.append([StreamEvent(stream_id("incident", incident), Closed(at=NOW))])


def report(world: World, ended: float | None = None) -> None:
    at = None if ended is None else minutes(ended)
    event = detected(at=DETECTED_AT, impact_ended_at=at)
    world.append([StreamEvent(stream_id("incident", REPORTED), event)])


def test_a_storm_of_alerts_of_one_group_is_one_incident() -> None:
    world = World()
    opened = {world.opened(fires(str(n)), minutes(n / 100)) for n in range(500)}
    assert {FIRST} == opened
    assert 500 == len(world.incident(FIRST).firing)


def test_alerts_of_different_groups_open_different_incidents() -> None:
    world = World()
    assert FIRST == world.opened(fires("a"))
    assert FIRST != world.opened(fires("b", labels=OTHER))
    assert FIRST == world.opened(fires("c"))


@pytest.mark.parametrize(
    ("after_the_end", "expected"),
    [
        (timedelta(0), FIRST),
        (timedelta(hours=1) - timedelta(microseconds=1), FIRST),
        (timedelta(hours=1), SECOND),
        (timedelta(days=3), SECOND),
    ],
)
def test_an_incident_attracts_alerts_until_its_impact_has_been_over_for_the_quiet_time(
    after_the_end: timedelta, expected: UUID
) -> None:
    world = World()
    world.take(fires("a"))
    world.take(ends("a", ends_at=minutes(10)), minutes(11))
    assert expected == world.opened(fires("b"), minutes(10) + after_the_end)


def test_an_incident_attracts_alerts_however_old_while_another_of_its_alerts_fires() -> None:
    world = World()
    world.take(fires("a"))
    world.take(fires("b"))
    world.take(ends("a"), minutes(1))
    assert FIRST == world.opened(fires("c"), minutes(5_000))


def test_quiet_counts_from_the_latest_end_of_the_incident_s_alerts() -> None:
    world = World()
    world.take(fires("a"))
    world.take(fires("b"))
    world.take(ends("a", ends_at=minutes(50)), minutes(50))
    world.take(ends("b", ends_at=minutes(20)), minutes(51))
    assert minutes(50) == world.incident(FIRST).impact_ended_at
    assert FIRST == world.opened(fires("c"), minutes(109))


def test_the_same_alert_days_later_opens_the_group_s_next_incident() -> None:
    world = World()
    for n, incident in enumerate((FIRST, SECOND, THIRD)):
        at = minutes(n * 24 * 60)
        assert incident == world.opened(fires("a", starts_at=at), at)
        world.take(ends("a"), at + timedelta(minutes=5))


@pytest.mark.parametrize("dismissed", [False, True])
def test_a_closed_or_dismissed_incident_attracts_no_alert(dismissed: bool) -> None:
    world = World()
    world.take(fires("a"))
    if dismissed:
        world.command(FIRST, Dismiss(reason="a drill"))
    else:
        close(world, FIRST)
    assert SECOND == world.opened(fires("b"), minutes(1))


def test_an_alert_that_goes_on_firing_stays_with_its_dismissed_incident_until_it_ended() -> None:
    world = World()
    world.take(fires("a"))
    world.command(FIRST, Dismiss(reason="a drill"))
    assert ((), FIRST) == world.take(fires("a"), minutes(5))
    world.take(ends("a"), minutes(6))
    assert Impact.ENDED is world.incident(FIRST).impact
    assert SECOND == world.opened(fires("a"), minutes(7))


def test_a_reopened_incident_attracts_again_unless_its_group_has_a_newer_one() -> None:
    world = World()
    world.take(fires("a"))
    world.command(FIRST, Dismiss(reason="a drill"))
    world.command(FIRST, Reopen(reason="no drill"))
    assert FIRST == world.opened(fires("b"), minutes(1))
    close(world, FIRST)
    assert SECOND == world.opened(fires("c"), minutes(2))
    world.command(FIRST, Reopen(reason="not over"))
    assert SECOND == world.opened(fires("d"), minutes(3))


def test_alerts_of_a_merged_incident_join_and_end_in_its_target() -> None:
    world = World()
    world.take(fires("a"))
    target = world.opened(fires("b", labels=OTHER))
    world.merge(FIRST, target)
    assert target == world.opened(fires("c"), minutes(1))
    world.take(ends("a"), minutes(2))
    assert 2 == len(world.incident(target).firing)
    assert 0 == len(world.incident(FIRST).firing)
    assert 1 == world.state(stream_id("alert_group", GROUP)).opened


def test_merges_are_followed_as_far_as_they_go() -> None:
    world = World()
    world.take(fires("a"))
    second = world.opened(fires("b", labels=OTHER))
    report(world)
    world.merge(FIRST, second)
    world.merge(second, REPORTED)
    assert REPORTED == world.opened(fires("c"), minutes(1))
    assert ((), REPORTED) == world.take(fires("a"), minutes(2))
    for key in "abc":
        world.take(ends(key, labels=OTHER if key == "b" else LABELS), minutes(3))
    assert 0 == len(world.incident(REPORTED).firing)
    assert minutes(3) == world.incident(REPORTED).impact_ended_at


def test_a_group_whose_newest_was_merged_into_one_since_closed_opens_its_next() -> None:
    world = World()
    world.take(fires("a"))
    target = world.opened(fires("b", labels=OTHER))
    world.merge(FIRST, target)
    close(world, target)
    assert SECOND == world.opened(fires("c"), minutes(1))


def test_an_incident_s_stated_end_of_impact_counts_for_quiet() -> None:
    world = World()
    world.take(fires("a"))
    world.take(ends("a"), minutes(1))
    ended = Amend(field="impact_ended_at", to=minutes(55).isoformat(), reason="it went on")
    world.command(FIRST, ended, minutes(56))
    assert FIRST == world.opened(fires("b"), minutes(100))


def test_a_reported_incident_has_the_impact_that_was_stated() -> None:
    world = World()
    report(world)
    assert Impact.ONGOING is world.incident(REPORTED).impact
    report(world, ended=-30)
    assert Impact.ENDED is world.incident(REPORTED).impact


def test_closing_an_incident_does_not_end_its_impact() -> None:
    world = World()
    world.take(fires("a"))
    close(world, FIRST)
    world.command(FIRST, Close())
    assert (Status.CLOSED, Impact.ONGOING) == (
        world.incident(FIRST).status,
        world.incident(FIRST).impact,
    )
