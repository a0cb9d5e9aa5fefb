"""An alert that goes on, or begins again, after people closed or dismissed its incident."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.alert import AlertHeard, Signal
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_id, group_id, incident_id
from ledger.domain.incident.commands import Dismiss, Reopen
from ledger.domain.incident.events import Closed, LinkedAlertResolved
from ledger.domain.signal_state import Decision, StreamEvent
from ledger.vocabulary import Impact, SourceKind, Status
from tests.unit.domain.story import POLICY
from tests.unit.domain.world import World, ends, fires, minutes

ALERT = alert_id("main", "a")
GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND, THIRD = (incident_id(GROUP, n) for n in (1, 2, 3))
ONCE = [SourceKind.PAGERDUTY, SourceKind.NATIVE, SourceKind.CLOUDEVENTS]
REPEATING = [SourceKind.ALERTMANAGER, SourceKind.GRAFANA]
CLOSED_AT = minutes(60)


def trigger(kind: SourceKind | None) -> Signal:
    return fires("a", kind=kind)


def close(world: World, incident: UUID) -> None:
    world.append([StreamEvent(stream_id("incident", incident), Closed(at=CLOSED_AT))])


@pytest.mark.parametrize("kind", ONCE)
@pytest.mark.parametrize("dismissed", [False, True])
def test_a_trigger_after_people_closed_the_incident_is_news_of_who_sends_each_change_once(
    kind: SourceKind, dismissed: bool
) -> None:
    world = World()
    world.take(trigger(kind))
    if dismissed:
        world.command(FIRST, Dismiss(reason="a drill"), CLOSED_AT)
    else:
        close(world, FIRST)

    taken = world.take(trigger(kind), minutes(90))

    assert AlertHeard(at=minutes(90), arrived_at=minutes(90), incident=SECOND) == (
        taken.changes[0].event
    )
    assert SECOND == taken.incident
    assert (Status.OPEN, Impact.ONGOING) == (
        world.incident(SECOND).status,
        world.incident(SECOND).impact,
    )
    assert minutes(90) == world.incident(SECOND).detected_at
    moved = LinkedAlertResolved(at=minutes(90), alert=ALERT, basis="moved")
    assert moved == world.streams[stream_id("incident", FIRST)][-1]
    for later in range(91, 100):
        assert Decision((), SECOND) == world.take(trigger(kind), minutes(later))


def test_what_arrived_before_the_close_is_a_repeat() -> None:
    world = World()
    world.take(trigger(SourceKind.PAGERDUTY))
    close(world, FIRST)
    for at in (CLOSED_AT, CLOSED_AT - timedelta(minutes=5)):
        assert Decision((), FIRST) == world.take(trigger(SourceKind.PAGERDUTY), at)


@pytest.mark.parametrize("kind", [*REPEATING, None])
def test_a_repeat_after_the_close_is_no_news_of_who_repeats(kind: SourceKind | None) -> None:
    world = World()
    world.take(trigger(kind))
    close(world, FIRST)
    assert Decision((), FIRST) == world.take(trigger(kind), minutes(90))
    assert (Status.CLOSED, Impact.ONGOING) == (
        world.incident(FIRST).status,
        world.incident(FIRST).impact,
    )


@pytest.mark.parametrize("kind", REPEATING)
def test_a_stale_episode_heard_of_after_the_close_is_news_of_every_kind(kind: SourceKind) -> None:
    world = World()
    world.take(trigger(kind))
    stale_at = minutes(0) + POLICY.alerts.stale_after
    world.stale("a", minutes(0), stale_at)
    close(world, FIRST)
    assert SECOND == world.take(trigger(kind), stale_at + timedelta(hours=1)).incident


def test_a_trigger_after_a_reopening_is_a_repeat() -> None:
    world = World()
    world.take(trigger(SourceKind.PAGERDUTY))
    close(world, FIRST)
    world.command(FIRST, Reopen(reason="not over"), minutes(70))
    assert Decision((), FIRST) == world.take(trigger(SourceKind.PAGERDUTY), minutes(90))


def test_a_trigger_after_the_close_joins_the_open_incident_of_its_group() -> None:
    world = World()
    world.take(trigger(SourceKind.PAGERDUTY))
    close(world, FIRST)
    world.take(fires("b"), minutes(80))
    assert SECOND == world.take(trigger(SourceKind.PAGERDUTY), minutes(90)).incident
    assert {ALERT, alert_id("main", "b")} == set(world.incident(SECOND).firing)


def test_the_end_of_an_alert_reaches_its_closed_incident() -> None:
    world = World()
    world.take(trigger(SourceKind.PAGERDUTY))
    close(world, FIRST)
    assert FIRST == world.take(ends("a"), minutes(90)).incident
    assert (Status.CLOSED, Impact.ENDED, minutes(90)) == (
        world.incident(FIRST).status,
        world.incident(FIRST).impact,
        world.incident(FIRST).end,
    )


def test_a_policy_that_opens_nothing_any_more_leaves_the_alert_where_it_is() -> None:
    world = World()
    labels = {"alertname": "Leak", "system": "chat", "severity": "warning"}
    world.take(trigger(SourceKind.PAGERDUTY))
    close(world, FIRST)
    again = fires("a", labels=labels, kind=SourceKind.PAGERDUTY)
    assert Decision((), FIRST) == world.take(again, minutes(90))
