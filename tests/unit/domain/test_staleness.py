"""An episode nobody hears of: stale, heard again, or resolved after all."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ledger.domain.alert import AlertHeard, AlertResolved, AlertStale
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_of, group_of, incident_of
from ledger.domain.incident.commands import Dismiss
from ledger.domain.incident.events import AlertLinked, LinkedAlertResolved
from ledger.domain.signals import Change, Taken
from tests.unit.domain.story import NOW
from tests.unit.domain.world import LABELS, World, ends, fires, minutes, seen

ALERT = alert_of("main", "a")
ALERT_STREAM = stream_id("alert", ALERT)
GROUP = group_of("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND = (incident_of(GROUP, n) for n in (1, 2))
HEARD_AT = minutes(10)
STALE_AT = HEARD_AT + timedelta(hours=12)
QUIET_LABELS = LABELS | {"severity": "info"}


def fired() -> World:
    world = World()
    world.take(fires("a"))
    return world


def stale() -> World:
    world = fired()
    world.stale("a", HEARD_AT, STALE_AT)
    return world


@pytest.mark.parametrize("now", [STALE_AT, STALE_AT + timedelta(days=2)])
def test_an_episode_not_heard_of_for_long_is_stale_from_then_and_keeps_no_impact_going(
    now: datetime,
) -> None:
    world = fired()
    expected = (
        Change(ALERT_STREAM, AlertStale(at=STALE_AT, last_heard_at=HEARD_AT)),
        Change(
            stream_id("incident", FIRST),
            LinkedAlertResolved(at=HEARD_AT, alert=ALERT, basis="stale"),
        ),
    )
    assert expected == world.stale("a", HEARD_AT, now)
    assert not world.incident(FIRST).impact_ongoing
    assert world.alert().firing


def test_an_episode_heard_of_lately_is_not_stale() -> None:
    assert () == fired().stale("a", HEARD_AT, STALE_AT - timedelta(microseconds=1))


def test_a_stale_an_ended_and_an_unknown_alert_do_not_become_stale() -> None:
    assert () == stale().stale("a", HEARD_AT, STALE_AT + timedelta(days=1))
    world = fired()
    world.take(ends("a"), minutes(1))
    assert () == world.stale("a", HEARD_AT, STALE_AT)
    assert () == World().stale("a", HEARD_AT, STALE_AT)


def test_an_alert_that_opened_no_incident_becomes_stale_alone() -> None:
    world = World()
    world.take(fires("a", labels=QUIET_LABELS))
    assert [ALERT_STREAM] == [change.stream for change in world.stale("a", HEARD_AT, STALE_AT)]


def test_another_alert_keeps_the_impact_going() -> None:
    world = fired()
    world.take(fires("b"))
    world.stale("a", HEARD_AT, STALE_AT)
    assert world.incident(FIRST).impact_ongoing


def heard(world: World, at: datetime) -> UUID | None:
    """Hears of the alert again; returns the incident it then belongs to."""
    taken = world.take(fires("a"), at)
    assert AlertHeard(at=at, arrived_at=at, incident=taken.incident) == taken.changes[0].event
    assert (True, False) == (world.alert().firing, world.alert().stale)
    assert taken.incident == world.alert().incident
    return taken.incident


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=30)])
def test_a_stale_episode_heard_of_again_goes_on_in_its_own_open_incident(
    later: timedelta,
) -> None:
    world = stale()
    assert FIRST == heard(world, STALE_AT + later)
    linked = AlertLinked(at=STALE_AT + later, alert=ALERT, title="Leak a")
    assert linked == world.streams[stream_id("incident", FIRST)][-1]
    assert world.incident(FIRST).impact_ongoing


def test_a_stale_episode_heard_of_again_follows_its_incident_s_merge() -> None:
    world = stale()
    target = world.opened(fires("b", labels=LABELS | {"alertname": "Other"}), STALE_AT)
    world.merge(FIRST, target, STALE_AT)
    assert target == heard(world, STALE_AT + timedelta(hours=1))
    assert ALERT in world.incident(target).firing


def test_a_stale_episode_whose_incident_is_not_open_is_as_if_it_were_new() -> None:
    world = stale()
    world.command(FIRST, Dismiss(reason="gone"), STALE_AT)
    assert SECOND == heard(world, STALE_AT + timedelta(hours=1))
    assert world.incident(SECOND).detected_at == STALE_AT + timedelta(hours=1)


def test_a_stale_episode_that_opens_no_incident_is_heard_alone() -> None:
    world = World()
    world.take(fires("a", labels=QUIET_LABELS))
    world.stale("a", HEARD_AT, STALE_AT)
    taken = world.take(fires("a", labels=QUIET_LABELS), STALE_AT)
    assert (
        Taken(
            (Change(ALERT_STREAM, AlertHeard(at=STALE_AT, arrived_at=STALE_AT, incident=None)),),
            None,
        )
        == taken
    )


def test_a_stale_episode_that_somebody_acknowledges_goes_on_in_its_own_open_incident() -> None:
    world = stale()
    taken = world.take(seen("a"), STALE_AT)
    heard = AlertHeard(at=STALE_AT, arrived_at=STALE_AT, incident=FIRST)
    linked = AlertLinked(at=STALE_AT, alert=ALERT, title="Leak a")
    expected = (Change(ALERT_STREAM, heard), Change(stream_id("incident", FIRST), linked))
    assert Taken(expected, FIRST) == taken
    assert world.incident(FIRST).impact_ongoing


def test_an_acknowledge_opens_no_incident_and_leaves_the_next_firing_to_open_one() -> None:
    world = stale()
    world.command(FIRST, Dismiss(reason="gone"), STALE_AT)
    assert Taken((), FIRST) == world.take(seen("a", labels={}), STALE_AT)
    assert world.alert().stale
    assert SECOND == heard(world, STALE_AT + timedelta(hours=1))


def test_an_acknowledge_of_a_stale_episode_without_an_incident_opens_none() -> None:
    world = World()
    world.take(fires("a", labels=QUIET_LABELS))
    world.stale("a", HEARD_AT, STALE_AT)
    assert Taken((), None) == world.take(seen("a", labels={}), STALE_AT)


def test_a_stale_episode_that_is_resolved_ends_and_ended_its_impact_when_last_heard_of() -> None:
    world = stale()
    at = STALE_AT + timedelta(hours=1)
    [change] = world.take(ends("a", ends_at=minutes(30)), at).changes
    assert isinstance(change.event, AlertResolved)
    assert (False, False) == (world.alert().firing, world.alert().stale)
    assert minutes(30) == world.alert().ended_at
    assert HEARD_AT == world.incident(FIRST).impact_ended_at


def test_it_can_become_stale_more_than_once() -> None:
    world = stale()
    heard(world, STALE_AT)
    again = STALE_AT + timedelta(hours=12)
    assert 2 == len(world.stale("a", STALE_AT, again))
    assert FIRST == heard(world, again)
    assert NOW == world.alert().started_at
