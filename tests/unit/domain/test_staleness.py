"""An episode nobody hears of: stale, heard again, or resolved after all."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ledger.domain.alert import AlertHeard, AlertResolved, AlertStale
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_id, group_id, incident_id
from ledger.domain.incident.commands import Dismiss
from ledger.domain.incident.events import (
    Absorbed,
    AlertLinked,
    Closed,
    LinkedAlertResolved,
    Merged,
)
from ledger.domain.signal_state import Decision, StreamEvent
from ledger.vocabulary import Impact
from tests.unit.domain.story import NOW, POLICY
from tests.unit.domain.world import LABELS, World, ends, fires, minutes, seen

ALERT = alert_id("main", "a")
ALERT_STREAM = stream_id("alert", ALERT)
GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND = (incident_id(GROUP, n) for n in (1, 2))
HEARD_AT = minutes(10)
STALE_AFTER = POLICY.alerts.stale_after
STALE_AT = HEARD_AT + STALE_AFTER
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
def test_an_episode_not_heard_of_for_long_is_stale_and_its_impact_unknown_since_it_was_heard_of(
    now: datetime,
) -> None:
    world = fired()
    expected = (
        StreamEvent(ALERT_STREAM, AlertStale(at=STALE_AT, last_heard_at=HEARD_AT)),
        StreamEvent(
            stream_id("incident", FIRST),
            LinkedAlertResolved(at=HEARD_AT, alert=ALERT, basis="stale", marked_at=now),
        ),
    )
    assert expected == world.stale("a", HEARD_AT, now)
    assert Impact.UNKNOWN is world.incident(FIRST).impact
    assert world.incident(FIRST).end is None
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
    assert Impact.ONGOING is world.incident(FIRST).impact


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
    assert Impact.ONGOING is world.incident(FIRST).impact


def test_a_stale_episode_heard_of_again_follows_its_incident_s_merge() -> None:
    world = stale()
    target = world.opened(fires("b", labels=LABELS | {"alertname": "Other"}), STALE_AT)
    world.merge(FIRST, target, STALE_AT)
    assert target == heard(world, STALE_AT + timedelta(hours=1))
    assert ALERT in world.incident(target).firing


def test_a_stale_episode_whose_incident_is_not_open_is_as_if_it_were_new() -> None:
    world = stale()
    world.command(FIRST, Dismiss(reason="gone"), STALE_AT)
    again = STALE_AT + timedelta(hours=1)
    assert SECOND == heard(world, again)
    assert world.incident(SECOND).detected_at == again
    moved = LinkedAlertResolved(at=again, alert=ALERT, basis="moved")
    assert moved == world.streams[stream_id("incident", FIRST)][-1]
    assert (Impact.ENDED, again) == (world.incident(FIRST).impact, world.incident(FIRST).end)


def test_the_end_of_a_stale_episode_reaches_its_incident_through_merges_and_after_a_close() -> None:
    world = stale()
    target = world.opened(fires("b", labels=LABELS | {"alertname": "Other"}), STALE_AT)
    world.merge(FIRST, target, STALE_AT)
    world.take(ends("b"), STALE_AT)
    assert (Impact.UNKNOWN, NOW) == (
        world.incident(target).impact,
        world.incident(target).started_at,
    )
    world.append([StreamEvent(stream_id("incident", target), Closed(at=STALE_AT))])
    end = STALE_AT + timedelta(hours=3)
    assert target == world.take(ends("a"), end).incident
    assert (Impact.ENDED, end) == (world.incident(target).impact, world.incident(target).end)


def test_a_merge_of_before_left_the_stale_behind_and_their_end_is_told_all_the_same() -> None:
    world = stale()
    target = world.opened(fires("b", labels=LABELS | {"alertname": "Other"}), STALE_AT)
    world.append(
        [
            StreamEvent(stream_id("incident", FIRST), Merged(at=STALE_AT, into=target, reason="r")),
            StreamEvent(stream_id("incident", target), Absorbed(at=STALE_AT, incident=FIRST)),
        ]
    )
    end = STALE_AT + timedelta(hours=3)
    ended = LinkedAlertResolved(at=end, alert=ALERT, basis="late")
    assert (
        StreamEvent(stream_id("incident", target), ended) == world.take(ends("a"), end).changes[-1]
    )


def test_unknown_impact_attracts_alerts_for_the_quiet_time_after_it_was_found() -> None:
    found_at = STALE_AT + timedelta(hours=5)
    for after, expected in (
        (POLICY.alerts.quiet - timedelta(seconds=1), FIRST),
        (POLICY.alerts.quiet, SECOND),
    ):
        world = fired()
        world.stale("a", HEARD_AT, found_at)
        assert expected == world.opened(fires("b"), found_at + after)


def test_a_stale_mark_of_before_says_that_the_impact_is_unknown_since_it_was_heard_of() -> None:
    world = fired()
    mark = LinkedAlertResolved(at=HEARD_AT, alert=ALERT, basis="stale")
    world.append([StreamEvent(stream_id("incident", FIRST), mark)])
    assert Impact.UNKNOWN is world.incident(FIRST).impact


def test_a_stale_episode_that_opens_no_incident_is_heard_alone() -> None:
    world = World()
    world.take(fires("a", labels=QUIET_LABELS))
    world.stale("a", HEARD_AT, STALE_AT)
    taken = world.take(fires("a", labels=QUIET_LABELS), STALE_AT)
    assert (
        Decision(
            (
                StreamEvent(
                    ALERT_STREAM, AlertHeard(at=STALE_AT, arrived_at=STALE_AT, incident=None)
                ),
            ),
            None,
        )
        == taken
    )


def test_a_stale_episode_that_somebody_acknowledges_goes_on_in_its_own_open_incident() -> None:
    world = stale()
    taken = world.take(seen("a"), STALE_AT)
    heard = AlertHeard(at=STALE_AT, arrived_at=STALE_AT, incident=FIRST)
    linked = AlertLinked(at=STALE_AT, alert=ALERT, title="Leak a")
    expected = (StreamEvent(ALERT_STREAM, heard), StreamEvent(stream_id("incident", FIRST), linked))
    assert Decision(expected, FIRST) == taken
    assert Impact.ONGOING is world.incident(FIRST).impact


def test_an_acknowledge_opens_no_incident_and_leaves_the_next_firing_to_open_one() -> None:
    world = stale()
    world.command(FIRST, Dismiss(reason="gone"), STALE_AT)
    assert Decision((), FIRST) == world.take(seen("a", labels={}), STALE_AT)
    assert world.alert().stale
    assert SECOND == heard(world, STALE_AT + timedelta(hours=1))


def test_an_acknowledge_of_a_stale_episode_without_an_incident_opens_none() -> None:
    world = World()
    world.take(fires("a", labels=QUIET_LABELS))
    world.stale("a", HEARD_AT, STALE_AT)
    assert Decision((), None) == world.take(seen("a", labels={}), STALE_AT)


def test_a_stale_episode_that_is_resolved_ends_and_its_incident_s_impact_with_it() -> None:
    world = stale()
    at = STALE_AT + timedelta(hours=1)
    resolved, ended = world.take(ends("a", ends_at=minutes(30)), at).changes
    assert isinstance(resolved.event, AlertResolved)
    assert LinkedAlertResolved(at=minutes(30), alert=ALERT) == ended.event
    assert (False, False) == (world.alert().firing, world.alert().stale)
    assert minutes(30) == world.alert().ended_at == world.incident(FIRST).end
    assert Impact.ENDED is world.incident(FIRST).impact


def test_it_can_become_stale_more_than_once() -> None:
    world = stale()
    heard(world, STALE_AT)
    again = STALE_AT + STALE_AFTER
    assert 2 == len(world.stale("a", STALE_AT, again))
    assert FIRST == heard(world, again)
    assert NOW == world.alert().started_at
