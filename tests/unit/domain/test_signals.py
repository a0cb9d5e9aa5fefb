"""One signal's events in the streams of its alert, group and incident."""

from datetime import timedelta

from ledger.domain.alert import AlertDetails, AlertFired, AlertLateRecorded, AlertResolved
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_id, group_id, incident_id
from ledger.domain.incident.events import (
    AlertLinked,
    Classified,
    IncidentDetected,
    LinkedAlertResolved,
)
from ledger.domain.signal_state import Decision, StreamEvent
from ledger.vocabulary import Category, Impact, Severity
from tests.unit.domain.story import NOW, POLICY, policy_with
from tests.unit.domain.world import LABELS, PEER, World, ends, fires, minutes, signal

ALERT = alert_id("main", "a")
GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST = incident_id(GROUP, 1)
ALERT_STREAM = stream_id("alert", ALERT)
STARTED_AT = minutes(-5)
DESCRIBED = AlertDetails(
    source="main",
    dedup_key="a",
    title="Leak a",
    system="chat",
    severity=Severity.CRITICAL,
    labels=LABELS,
    annotations={},
)


def linked(world: World) -> tuple[AlertLinked, ...]:
    events = world.streams[stream_id("incident", FIRST)]
    return tuple(event for event in events if isinstance(event, AlertLinked))


def test_a_first_firing_opens_an_episode_an_incident_and_the_link_between_them() -> None:
    fired = AlertFired(
        at=STARTED_AT,
        alert=DESCRIBED,
        starts_at=STARTED_AT,
        arrived_at=NOW,
        sender=PEER,
        rule="urgent",
        group=GROUP,
        incident=FIRST,
    )
    opened = GroupOpenedIncident(
        at=STARTED_AT,
        incident=FIRST,
        n=1,
        rule="urgent",
        values=(("system", "chat"), ("alertname", "Leak")),
    )
    detected = IncidentDetected(
        at=STARTED_AT,
        title="Leak a",
        system="chat",
        severity=Severity.CRITICAL,
        source="source/main",
        basis="alert",
        month="2026-03",
        rca_due=STARTED_AT + timedelta(hours=24),
        at_risk_at=STARTED_AT + timedelta(hours=20),
        counts=True,
        group=GROUP,
        number=1,
    )
    incident = stream_id("incident", FIRST)
    expected = Decision(
        (
            StreamEvent(ALERT_STREAM, fired),
            StreamEvent(stream_id("alert_group", GROUP), opened),
            StreamEvent(incident, detected),
            StreamEvent(incident, AlertLinked(at=STARTED_AT, alert=ALERT, title="Leak a")),
        ),
        FIRST,
    )
    assert expected == World().take(fires(starts_at=STARTED_AT, sender=PEER))


def test_a_repeat_changes_nothing_and_names_the_incident() -> None:
    world = World()
    world.take(fires(starts_at=STARTED_AT))
    assert Decision((), FIRST) == world.take(fires(starts_at=minutes(-1)), minutes(5))


def test_a_resolved_ends_the_episode_and_the_alert_s_part_in_the_impact() -> None:
    world = World()
    world.take(fires(starts_at=STARTED_AT))
    resolved = AlertResolved(
        at=minutes(3), starts_at=STARTED_AT, arrived_at=minutes(4), sender=PEER
    )
    ended = LinkedAlertResolved(at=minutes(3), alert=ALERT)
    expected = Decision(
        (StreamEvent(ALERT_STREAM, resolved), StreamEvent(stream_id("incident", FIRST), ended)),
        FIRST,
    )
    end = ends(starts_at=STARTED_AT, ends_at=minutes(3), sender=PEER)
    assert expected == world.take(end, minutes(4))
    assert Impact.ENDED is world.incident(FIRST).impact
    assert minutes(3) == world.incident(FIRST).impact_ended_at


def test_an_end_without_a_time_or_after_its_arrival_ended_on_arrival() -> None:
    for ends_at in (None, minutes(9)):
        world = World()
        world.take(fires())
        world.take(ends(ends_at=ends_at), minutes(4))
        assert minutes(4) == world.alert().ended_at


def test_an_end_before_its_start_is_kept_as_given() -> None:
    world = World()
    world.take(fires(starts_at=STARTED_AT))
    world.take(ends(ends_at=minutes(-60)), minutes(1))
    assert minutes(-60) == world.alert().ended_at == world.incident(FIRST).impact_ended_at


def test_a_resolved_never_seen_firing_is_recorded_with_its_description_and_opens_nothing() -> None:
    world = World()
    resolved = AlertResolved(
        at=minutes(-1), starts_at=STARTED_AT, arrived_at=NOW, sender=PEER, alert=DESCRIBED
    )
    end = ends(starts_at=STARTED_AT, ends_at=minutes(-1), sender=PEER)
    assert Decision((StreamEvent(ALERT_STREAM, resolved),), None) == world.take(end)
    assert Decision((), None) == world.take(end, minutes(1))
    assert {} == world.incidents()


def test_the_same_sender_firing_again_with_the_same_startsat_is_an_episode_from_its_arrival() -> (
    None
):
    world = World()
    world.take(fires(starts_at=STARTED_AT))
    world.take(ends(starts_at=STARTED_AT, ends_at=minutes(1)), minutes(1))
    taken = world.take(fires(starts_at=STARTED_AT), minutes(2))
    assert [minutes(2), minutes(2)] == [change.event.at for change in taken.changes]
    assert (STARTED_AT, minutes(2)) == tuple(link.at for link in linked(world))
    assert Impact.ONGOING is world.incident(FIRST).impact


def test_a_peer_s_late_copy_changes_nothing() -> None:
    world = World()
    world.take(fires(starts_at=STARTED_AT))
    world.take(ends(starts_at=STARTED_AT, ends_at=minutes(1)), minutes(1))
    copy = fires(starts_at=STARTED_AT, sender=PEER)
    assert Decision((), FIRST) == world.take(copy, minutes(2))
    assert FIRST == world.take(copy, minutes(2.1)).incident
    assert world.alert().firing


def test_a_signal_retried_behind_later_ones_is_recorded_as_late_alone() -> None:
    world = World()
    world.take(fires(starts_at=STARTED_AT))
    late = AlertLateRecorded(
        at=minutes(-30),
        status="resolved",
        alert=DESCRIBED,
        starts_at=minutes(-30),
        ends_at=minutes(-10),
        arrived_at=minutes(-10),
        sender=PEER,
    )
    end = ends(starts_at=minutes(-30), ends_at=minutes(-10), sender=PEER)
    before = world.alert()
    taken = world.take(end, minutes(-10), retried=True)
    assert Decision((StreamEvent(ALERT_STREAM, late),), None) == taken
    assert before == world.alert()


def test_a_rule_that_opens_none_records_the_episode_alone() -> None:
    world = World()
    labels = LABELS | {"severity": "warning"}
    [change] = world.take(fires(labels=labels)).changes
    assert isinstance(change.event, AlertFired)
    assert ("recorded-only", None, None) == (
        change.event.rule,
        change.event.group,
        change.event.incident,
    )
    [change] = world.take(ends(labels=labels), minutes(1)).changes
    assert isinstance(change.event, AlertResolved)


def test_a_rule_that_states_a_category_classifies_on_detection() -> None:
    policy = policy_with('name = "urgent"', 'name = "urgent"\ncategory = "data_breach"')
    world = World(policy)
    events = [change.event for change in world.take(fires(starts_at=STARTED_AT)).changes]
    expected = Classified(
        at=STARTED_AT,
        category=Category.DATA_BREACH,
        severity=Severity.CRITICAL,
        reason="Stated by the policy's rule 'urgent'.",
        counts=True,
    )
    assert expected == events[3]
    assert [AlertFired, GroupOpenedIncident, IncidentDetected, Classified, AlertLinked] == [
        type(event) for event in events
    ]


def test_a_long_title_is_cut_and_said_to_be_shortened() -> None:
    change, *_ = World().take(fires(title="x" * 501, shortened=("annotations.log",))).changes
    assert isinstance(change.event, AlertFired)
    assert "x" * 500 == change.event.alert.title
    assert ("annotations.log", "title") == change.event.alert.shortened


def test_a_long_system_is_cut_where_it_is_named_and_whole_among_the_labels() -> None:
    labels = LABELS | {"system": "s" * 5_000}
    fired, opened, detected, _ = (c.event for c in World().take(signal(labels=labels)).changes)
    assert isinstance(fired, AlertFired)
    assert isinstance(opened, GroupOpenedIncident)
    assert isinstance(detected, IncidentDetected)
    assert "s" * 200 == fired.alert.system == detected.system == opened.values[0][1]
    assert "s" * 5_000 == fired.alert.labels["system"]
    assert group_id("urgent", POLICY.group_values(POLICY.rules[1], labels, "s" * 5_000)) == (
        fired.group
    )
