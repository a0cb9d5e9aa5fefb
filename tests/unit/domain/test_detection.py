"""When an incident began and when it was detected are two things."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.domain.envelope import stream_id
from ledger.domain.identity import group_id, incident_id
from ledger.domain.incident.commands import Amend
from ledger.domain.incident.events import AlertLinked, IncidentDetected
from tests.unit.domain.story import NOW, POLICY, policy_with
from tests.unit.domain.world import World, ends, fires, minutes

GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST = incident_id(GROUP, 1)
LIMIT = POLICY.alerts.backdate_limit or timedelta(0)


def detected(world: World) -> IncidentDetected:
    event = world.streams[stream_id("incident", FIRST)][0]
    assert isinstance(event, IncidentDetected)
    return event


@pytest.mark.parametrize(
    "started_at",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        NOW - timedelta(days=30),
        NOW - LIMIT - timedelta(seconds=1),
    ],
)
def test_an_old_alert_is_detected_no_longer_before_its_arrival_than_the_policy_allows(
    started_at: datetime,
) -> None:
    world = World()
    world.take(fires(starts_at=started_at))
    event, incident = detected(world), world.incident(FIRST)
    assert (NOW - LIMIT, started_at) == (event.at, event.started_at)
    assert NOW - LIMIT == incident.detected_at
    assert "2026-03" == incident.month
    assert NOW - LIMIT + timedelta(hours=24) == incident.rca_due
    assert started_at == incident.started_at == world.alert().started_at
    [link] = (
        event
        for event in world.streams[stream_id("incident", FIRST)]
        if isinstance(event, AlertLinked)
    )
    assert started_at == link.at
    world.take(ends(ends_at=minutes(5)), minutes(6))
    assert minutes(5) == world.incident(FIRST).end


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(minutes=5), LIMIT])
def test_within_that_time_an_incident_is_detected_when_its_alert_began(ago: timedelta) -> None:
    world = World()
    world.take(fires(starts_at=NOW - ago))
    assert NOW - ago == detected(world).at == world.incident(FIRST).started_at
    assert not detected(world).started_at


def test_a_policy_without_the_limit_detects_an_alert_at_its_start_as_before() -> None:
    world = World(policy_with('backdate_limit = "PT6H"\n', ""))
    world.take(fires(starts_at=NOW - timedelta(days=30)))
    assert NOW - timedelta(days=30) == detected(world).at
    assert "2026-02" == world.incident(FIRST).month


def test_an_alert_that_joins_may_have_begun_before_the_incident() -> None:
    world = World()
    world.take(fires("a", starts_at=minutes(-5)))
    world.take(fires("b", starts_at=minutes(-50)), minutes(1))
    assert (minutes(-50), minutes(-5)) == (
        world.incident(FIRST).started_at,
        world.incident(FIRST).detected_at,
    )


def test_a_start_ahead_of_the_ledger_s_clock_is_the_arrival() -> None:
    world = World()
    world.take(fires(starts_at=minutes(0.5)))
    assert NOW == detected(world).at == world.incident(FIRST).started_at


@pytest.mark.parametrize("to", [minutes(-90), minutes(-30)])
def test_a_corrected_detection_is_when_it_began_unless_an_alert_tells_otherwise(
    to: datetime,
) -> None:
    world = World()
    world.take(fires(starts_at=minutes(-60)))
    amend = Amend(field="detected_at", to=to.isoformat(), reason="the logs")
    world.command(FIRST, amend, minutes(1))
    assert (to, to) == (world.incident(FIRST).detected_at, world.incident(FIRST).started_at)
    world.take(fires("b", starts_at=minutes(-100)), minutes(2))
    world.command(
        FIRST, Amend(field="detected_at", to=minutes(-80).isoformat(), reason="r"), minutes(3)
    )
    assert minutes(-100) == world.incident(FIRST).started_at
