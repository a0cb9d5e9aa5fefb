"""People state when an impact ended, and close with a reason what goes on."""

from datetime import timedelta

import pytest

from ledger.domain.alert import AlertChanged, AlertHeard
from ledger.domain.identity import alert_id, group_id, incident_id
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.signal_state import Decision
from ledger.vocabulary import Category, Impact, Severity, SourceKind, Status
from tests.unit.domain.story import DETECTED_AT, NOW, POLICY, detected, folded, given
from tests.unit.domain.world import LABELS, World, ends, fires, minutes

ALERT = alert_id("main", "a")
GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND = (incident_id(GROUP, n) for n in (1, 2))
AN_HOUR_AGO = NOW - timedelta(hours=1)
DONE: tuple[e.IncidentEvent, ...] = (
    e.Contained(at=NOW, action="x"),
    e.Communicated(at=NOW, audience="a", message="m"),
    e.Classified(at=NOW, category=Category.DATA_BREACH, severity=Severity.LOW, counts=True),
    e.TicketOpened(at=NOW, url="https://t/1"),
    e.RiskManagerNotified(at=NOW, channel="c"),
    e.RcaCompleted(at=NOW, summary="s", root_cause="r"),
    e.PlaybookUpdated(at=NOW, playbook="p", change="c"),
)
FIRING = e.AlertLinked(at=DETECTED_AT, alert=ALERT, title="Leak")
STALE = e.LinkedAlertResolved(at=AN_HOUR_AGO, alert=ALERT, basis="stale", marked_at=NOW)


@pytest.mark.parametrize(
    "past",
    [
        pytest.param((), id="no end was stated"),
        pytest.param((FIRING,), id="an alert fires"),
        pytest.param((FIRING, STALE), id="an alert is stale"),
        pytest.param((e.Closed(at=NOW),), id="closed"),
        pytest.param((e.Dismissed(at=NOW, reason="r"),), id="dismissed"),
    ],
)
def test_a_person_ends_any_impact_at_the_time_that_is_stated(
    past: tuple[e.IncidentEvent, ...],
) -> None:
    told = given(detected(), *past).when(c.Resolve(reason="Clean since.", at=AN_HOUR_AGO))
    after = told.then(e.ImpactResolved(at=AN_HOUR_AGO, reason="Clean since."))
    assert (Impact.ENDED, AN_HOUR_AGO) == (after.impact, after.end)
    assert folded(detected(), *past).status is after.status


def test_without_a_time_the_impact_ends_now() -> None:
    told = given(detected()).when(c.Resolve(reason="r"))
    told.then(e.ImpactResolved(at=NOW, reason="r"))


def test_an_impact_that_ended_is_corrected_and_not_ended_again() -> None:
    past = given(detected(impact_ended_at=AN_HOUR_AGO))
    past.when(c.Resolve(reason="r", at=AN_HOUR_AGO)).nothing()
    past.when(c.Resolve(reason="r")).refused("impact_ended")


def test_an_impact_does_not_end_before_it_began_or_after_now() -> None:
    past = given(detected())
    before = DETECTED_AT - timedelta(seconds=1)
    past.when(c.Resolve(reason="r", at=before)).refused("ends_after_start")
    ahead = NOW + POLICY.alerts.clock_skew
    past.when(c.Resolve(reason="r", at=ahead)).then(e.ImpactResolved(at=NOW, reason="r"))
    past.when(c.Resolve(reason="r", at=ahead + timedelta(seconds=1))).refused("not_in_the_future")


def test_a_stated_end_is_corrected_like_any_other() -> None:
    past = given(detected(), FIRING, e.ImpactResolved(at=NOW, reason="r"))
    to = AN_HOUR_AGO.isoformat()
    command = c.Amend(field="impact_ended_at", to=to, reason="the logs say so")
    [amended] = past.when(command).decided()
    assert isinstance(amended, e.Amended)
    assert ("2026-03-10T10:00:00Z", "2026-03-10T09:00:00Z") == (amended.from_, amended.to)
    after = folded(detected(), FIRING, e.ImpactResolved(at=NOW, reason="r"), amended)
    assert (Impact.ENDED, AN_HOUR_AGO) == (after.impact, after.end)
    again = folded(
        detected(),
        e.ImpactResolved(at=NOW, reason="r"),
        amended,
        e.Amended(at=NOW, field="impact_ended_at", from_=to, to=None, reason="it goes on"),
    )
    assert Impact.ONGOING is again.impact


def test_the_end_of_an_alert_leaves_what_a_person_stated() -> None:
    world = World()
    world.take(fires("a"))
    world.command(FIRST, c.Resolve(reason="r"), minutes(10))
    world.take(ends("a"), minutes(30))
    assert (Impact.ENDED, minutes(10)) == (world.incident(FIRST).impact, world.incident(FIRST).end)
    assert 0 == len(world.incident(FIRST).firing)


def test_an_alert_that_joins_after_the_stated_end_makes_the_impact_go_on() -> None:
    world = World()
    world.take(fires("a"))
    world.command(FIRST, c.Resolve(reason="r"), minutes(10))
    assert FIRST == world.opened(fires("b"), minutes(20))
    assert Impact.ONGOING is world.incident(FIRST).impact
    world.command(FIRST, c.Resolve(reason="r"), minutes(30))
    late = minutes(30) + POLICY.alerts.quiet
    assert SECOND == world.opened(fires("c"), late)


@pytest.mark.parametrize("past", [(detected(),), (detected(), FIRING), (detected(), FIRING, STALE)])
def test_closing_asks_for_a_reason_while_the_impact_goes_on_or_is_unknown(
    past: tuple[e.IncidentEvent, ...],
) -> None:
    given(*past, *DONE).when(c.Close()).refused("impact_not_ended")
    given(*past, *DONE).when(c.Close(reason="  ")).refused("impact_not_ended")
    told = given(*past, *DONE).when(c.Close(reason="The vendor does not answer."))
    after = told.then(e.Closed(at=NOW, reason="The vendor does not answer."))
    assert Status.CLOSED is after.status


def test_closing_needs_no_reason_once_a_person_stated_the_end() -> None:
    past = (detected(), FIRING, *DONE, e.ImpactResolved(at=NOW, reason="r"))
    given(*past).when(c.Close()).then(e.Closed(at=NOW))


@pytest.mark.parametrize("over", ["source", "target", "both"])
def test_a_stated_end_holds_for_a_merged_incident_where_both_are_over(over: str) -> None:
    """Where one of them goes on, so does the whole."""
    world = World()
    world.take(fires("a"))
    target = world.opened(
        fires("b", labels={"alertname": "Other", "system": "chat", "severity": "critical"})
    )
    if over != "target":
        world.command(FIRST, c.Resolve(reason="r"), minutes(10))
    if over != "source":
        world.command(target, c.Resolve(reason="r"), minutes(20))
    world.merge(FIRST, target, minutes(30))
    after = world.incident(target)
    assert (Impact.ENDED if over == "both" else Impact.ONGOING) is after.impact
    assert minutes(10 if over == "source" else 20) == after.end


@pytest.mark.parametrize("kind", [SourceKind.PAGERDUTY, SourceKind.NATIVE, SourceKind.CLOUDEVENTS])
def test_a_trigger_after_people_ended_the_impact_makes_it_go_on(kind: SourceKind) -> None:
    world = World()
    world.take(fires("a", kind=kind))
    world.command(FIRST, c.Resolve(reason="r", at=minutes(30)), minutes(40))

    assert Decision((), FIRST) == world.take(fires("a", kind=kind), minutes(20), retried=True)
    taken = world.take(fires("a", kind=kind), minutes(200))

    assert (
        AlertHeard(at=minutes(200), arrived_at=minutes(200), incident=FIRST),
        e.LinkedAlertResolved(at=minutes(30), alert=ALERT),
        e.AlertLinked(at=minutes(200), alert=ALERT, title="Leak a"),
    ) == tuple(each.event for each in taken.changes)
    assert Impact.ONGOING is world.incident(FIRST).impact
    assert Decision((), FIRST) == world.take(fires("a", kind=kind), minutes(201))
    world.take(ends("a", kind=kind, ends_at=minutes(210)), minutes(210))
    assert (Impact.ENDED, minutes(210)) == (
        world.incident(FIRST).impact,
        world.incident(FIRST).end,
    )


@pytest.mark.parametrize("kind", [SourceKind.ALERTMANAGER, SourceKind.GRAFANA])
def test_a_repeat_after_people_ended_the_impact_is_no_news(kind: SourceKind) -> None:
    world = World()
    world.take(fires("a", kind=kind))
    world.command(FIRST, c.Resolve(reason="r"), minutes(40))
    assert Decision((), FIRST) == world.take(fires("a", kind=kind), minutes(200))


def test_an_alert_that_becomes_worse_after_people_ended_the_impact_makes_it_go_on() -> None:
    world = World()
    world.take(fires("a", labels=LABELS | {"severity": "error"}))
    world.command(FIRST, c.Resolve(reason="r"), minutes(40))
    taken = world.take(fires("a"), minutes(50))
    assert [AlertHeard, AlertChanged, e.LinkedAlertResolved, e.AlertLinked, e.Amended] == [
        type(each.event) for each in taken.changes
    ]
    assert (Impact.ONGOING, Severity.CRITICAL) == (
        world.incident(FIRST).impact,
        world.incident(FIRST).severity,
    )
