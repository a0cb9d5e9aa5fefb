"""An alert that becomes worse while it fires: its incident opens, or becomes as bad as it is."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.alert import AlertChanged, AlertFired, AlertHeard
from ledger.domain.envelope import Event, stream_id
from ledger.domain.identity import alert_id, group_id, incident_id
from ledger.domain.incident.commands import Amend, Classify, Dismiss
from ledger.domain.incident.events import (
    AlertLinked,
    Amended,
    Closed,
    IncidentDetected,
    LinkedAlertResolved,
)
from ledger.domain.signal_state import Decision, StreamEvent
from ledger.vocabulary import Category, Impact, Severity, SourceKind
from tests.unit.domain.story import NOW, POLICY, policy_with
from tests.unit.domain.world import World, ends, fires, minutes, seen

ALERT = alert_id("main", "a")
GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND = (incident_id(GROUP, n) for n in (1, 2))
COUNTED = 'count_severities = ["critical", "high", "medium", "low"]'


def labels(severity: str | None, **more: str) -> dict[str, str]:
    said = {"alertname": "Leak", "system": "chat", **more}
    return said if severity is None else said | {"severity": severity}


def take(world: World, severity: str | None, after: float = 0, key: str = "a") -> Decision:
    """A PagerDuty client triggers the alert, so many minutes after NOW."""
    signal = fires(key, labels=labels(severity), kind=SourceKind.PAGERDUTY)
    return world.take(signal, minutes(after))


def of(world: World, incident: UUID, *kinds: type[Event]) -> list[Event]:
    events = world.streams[stream_id("incident", incident)]
    return [event for event in events if isinstance(event, kinds)]


def test_a_warning_that_becomes_critical_under_one_key_opens_an_incident() -> None:
    world = World()
    assert take(world, "warning").incident is None

    taken = take(world, "critical", 30)

    assert FIRST == taken.incident == world.alert().incident
    [changed, *_] = (change.event for change in taken.changes)
    assert isinstance(changed, AlertChanged)
    assert (minutes(30), Severity.CRITICAL, "urgent", FIRST) == (
        changed.at,
        changed.alert.severity,
        changed.rule,
        changed.incident,
    )
    [detected] = of(world, FIRST, IncidentDetected)
    assert (minutes(30), Severity.CRITICAL) == (detected.at, world.incident(FIRST).severity)
    assert Impact.ONGOING is world.incident(FIRST).impact
    assert Decision((), FIRST) == take(world, "critical", 31)
    world.take(ends("a"), minutes(40))
    assert minutes(40) == world.incident(FIRST).end


def test_a_firing_that_is_less_bad_than_before_is_a_repeat() -> None:
    world = World()
    take(world, "critical")
    for after, severity in enumerate(("warning", "error", "critical", None, "odd")):
        assert Decision((), FIRST) == take(world, severity, after)


def test_the_same_labels_are_a_repeat_whatever_the_policy_says_of_them_by_now() -> None:
    world = World()
    take(world, "warning")
    world.policy = policy_with("error|page|emergency", "error|page|emergency|warning")
    assert Decision((), None) == take(world, "warning", 1)
    assert Severity.MEDIUM is world.alert().severity


def test_other_labels_that_open_an_incident_where_there_was_none_do_so() -> None:
    world = World()
    take(world, "odd")
    taken = take(world, None, 1)  # an alert without a severity opens one, by the shipped policy
    assert taken.incident is not None
    assert world.incident(taken.incident).severity is None


def test_an_escalation_raises_its_open_incident_and_states_anew_whether_it_counts() -> None:
    world = World(policy_with(COUNTED, 'count_severities = ["critical"]'))
    take(world, "error")
    assert (Severity.HIGH, False) == (world.incident(FIRST).severity, world.incident(FIRST).counts)

    taken = take(world, "critical", 10)

    before = world.incident(FIRST)
    amended = Amended(
        at=minutes(10),
        field="severity",
        from_="high",
        to="critical",
        reason="Its alert is critical.",
        month="2026-03",
        rca_due=NOW + timedelta(hours=24),
        at_risk_at=NOW + timedelta(hours=20),
        counts=True,
        alert=ALERT,
    )
    assert [StreamEvent(stream_id("incident", FIRST), amended)] == list(taken.changes[1:])
    assert (Severity.CRITICAL, True, FIRST) == (before.severity, before.counts, taken.incident)


@pytest.mark.parametrize("how", ["classified", "amended"])
def test_no_alert_changes_a_severity_that_a_person_stated(how: str) -> None:
    world = World()
    take(world, "error")
    if how == "classified":
        low = Classify(category=Category.INFRA_ERROR, severity=Severity.LOW)
        world.command(FIRST, low, minutes(1))
    else:
        world.command(FIRST, Amend(field="severity", to="low", reason="r"), minutes(1))
    [change] = take(world, "critical", 2).changes
    assert isinstance(change.event, AlertChanged)
    assert Severity.LOW is world.incident(FIRST).severity


def test_an_incident_that_the_policy_s_rule_classified_is_raised_all_the_same() -> None:
    rule = 'name = "urgent"\ncategory = "safety_failure"'
    world = World(policy_with('name = "urgent"', rule))
    take(world, "error")
    assert Category.SAFETY_FAILURE == world.incident(FIRST).category
    take(world, "critical", 1)
    assert Severity.CRITICAL is world.incident(FIRST).severity


def test_an_alert_that_joins_makes_its_incident_as_bad_as_it_is() -> None:
    world = World()
    take(world, "error")
    assert FIRST == take(world, "critical", 1, key="b").incident
    assert Severity.CRITICAL is world.incident(FIRST).severity
    assert FIRST == take(world, "error", 2, key="c").incident
    assert 1 == len(of(world, FIRST, Amended))


@pytest.mark.parametrize("left", ["closed", "dismissed"])
def test_an_escalation_whose_incident_is_not_open_opens_one_and_leaves_the_former(
    left: str,
) -> None:
    world = World()
    take(world, "error")
    if left == "closed":
        world.append([StreamEvent(stream_id("incident", FIRST), Closed(at=minutes(5)))])
    else:
        world.command(FIRST, Dismiss(reason="a drill"), minutes(5))

    assert SECOND == take(world, "critical", 10).incident == world.alert().incident

    [moved] = of(world, FIRST, LinkedAlertResolved)
    assert LinkedAlertResolved(at=minutes(10), alert=ALERT, basis="moved") == moved
    assert (Impact.ENDED, Severity.HIGH) == (
        world.incident(FIRST).impact,
        world.incident(FIRST).severity,
    )
    assert 1 == len(of(world, SECOND, AlertLinked))
    world.take(ends("a"), minutes(20))
    assert minutes(20) == world.incident(SECOND).end


def test_an_escalation_follows_a_merge_to_the_incident_that_is_open() -> None:
    world = World()
    take(world, "error")
    other = {"alertname": "Other", "system": "chat", "severity": "error"}
    target = world.opened(fires("b", labels=other))
    world.merge(FIRST, target)
    assert target == take(world, "critical", 1).incident
    assert Severity.CRITICAL is world.incident(target).severity


def test_a_stale_episode_that_is_heard_of_and_worse_is_both() -> None:
    world = World()
    take(world, "warning")
    silence = POLICY.alerts.stale_after
    world.stale("a", NOW, NOW + silence)
    later = fires("a", labels=labels("critical"))
    taken = world.take(later, NOW + silence + timedelta(hours=1))
    heard, changed, *_ = (change.event for change in taken.changes)
    assert isinstance(heard, AlertHeard)
    assert isinstance(changed, AlertChanged)
    assert FIRST == taken.incident == heard.incident == changed.incident
    assert Severity.CRITICAL is world.incident(FIRST).severity


def test_an_acknowledge_makes_nothing_worse() -> None:
    world = World()
    take(world, "warning")
    assert Decision((), None) == world.take(seen("a", labels=labels("critical")), minutes(1))


def test_an_episode_remembers_how_bad_it_was_until_it_ends() -> None:
    world = World()
    take(world, "critical")
    take(world, "warning", 1)
    world.take(ends("a"), minutes(2))
    take(world, "warning", 3)
    assert Severity.MEDIUM is world.alert().severity
    assert world.refold(stream_id("alert", ALERT)) == world.alert()
    fired = [e for e in world.streams[stream_id("alert", ALERT)] if isinstance(e, AlertFired)]
    assert [SourceKind.PAGERDUTY] * 2 == [event.kind for event in fired]
