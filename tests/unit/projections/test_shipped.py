"""Register, links and timeline over an incident's whole life."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.identity import alert_id
from ledger.domain.incident import commands as c
from ledger.vocabulary import Category, Severity, Step
from projections.engine import ViewsDatabase
from projections.incident_alerts import INCIDENT_ALERTS
from projections.register import REGISTER
from projections.timeline import TIMELINE
from tests.harness.commands import incidents_of
from tests.unit.projections.world import World, world

A, B = (str(alert_id("am", key)) for key in "ab")


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    with world(tmp_path, views) as opened:
        yield opened


def live(ledger: World) -> UUID:
    """An incident that two alerts opened at 12:00, and everything that people did until 12:17."""
    (incident,) = incidents_of(ledger.take(ledger.signal("a"), ledger.signal("b")))
    for command in (
        c.Assign(owner="person/7"),
        c.Contain(action="Traffic moved away"),
        c.Communicate(audience="customers", message="We are on it"),
        c.Classify(category=Category.SAFETY_FAILURE, severity=Severity.HIGH, reason="Harm seen"),
        c.OpenTicket(url="https://tickets.example/1"),
        c.NotifyRiskManager(channel="pager"),
        c.RequestRollback(reason="Bad model", target="v1"),
        c.FailRollback(snapshot="v1"),
        c.ExecuteRollback(snapshot="v0"),
        c.StartRca(),
        c.CompleteRca(summary="S", root_cause="A bad prompt", actions=["Test more"]),
        c.WaiveStep(step=Step.PLAYBOOK, reason="Nothing to learn"),
        c.Amend(field="title", to="Chat harmed", reason="Clearer"),
    ):
        ledger.pass_time(minutes=1)
        ledger.do(incident, command)
    ledger.pass_time(minutes=1)
    ledger.take(ledger.signal("a", "resolved"))
    ledger.pass_time(minutes=1)
    ledger.take(ledger.signal("b", "resolved", ends_at=ledger.now - timedelta(seconds=90)))
    ledger.pass_time(minutes=1)
    ledger.do(incident, c.Close())
    return incident


def test_the_register_says_where_an_incident_stands(ledger: World) -> None:
    incident = live(ledger)

    row = dict(ledger.rows(REGISTER)[str(incident),])

    steps = row.pop("steps")
    assert {
        "incident": str(incident),
        "leaf": 3,
        "version": 19,
        "external_id": None,
        "title": "Chat harmed",
        "description": "",
        "system": "chat",
        "source": "source/am",
        "basis": "alert",
        "started_at": "2026-03-01T12:00:00.000000Z",
        "detected_at": "2026-03-01T12:00:00.000000Z",
        "recorded_at": "2026-03-01T12:00:00.000000Z",
        "month": "2026-03",
        "counts": True,
        "category": "safety_failure",
        "category_label": "Safety failure",
        "severity": "high",
        "status": "closed",
        "firing": 0,
        "stale": {},
        "unknown_since": None,
        "impact_ended_at": "2026-03-01T12:14:00.000000Z",
        "resolved_at": None,
        "owner": "person/7",
        "merged_into": None,
        "rca_due": "2026-03-02T12:00:00.000000Z",
        "at_risk_at": "2026-03-02T08:00:00.000000Z",
        "rca_completed_at": "2026-03-01T12:11:00.000000Z",
        "verdict_at_due": "met",
        "marks": [
            {
                "mark": "completed",
                "due": "2026-03-02T12:00:00.000000Z",
                "recorded_at": "2026-03-01T12:11:00.000000Z",
                "verdict": "met",
                "withdrawn_at": None,
            }
        ],
        "next_step": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "near_miss": False,
        "secondary_category": None,
        "secondary_category_label": None,
        "system_action": "",
        "preliminary": {},
        "preliminary_due": None,
        "preliminary_met_at": None,
        "approval": {},
        "opened_by": "person/1",
        "restricted": False,
        "ended": {"at": "2026-03-01T12:16:00.000000Z", "reason": None, "version": 19},
        "contain_measure": "recorded",
        "contain_us": 120_000_000,
        "resolve_measure": "recorded",
        "resolve_us": 840_000_000,
        "rca_measure": "recorded",
        "rca_us": 660_000_000,
    } == row
    assert [
        ("contain", "done", 2),
        ("communicate", "done", 3),
        ("classify", "done", 4),
        ("ticket", "done", 5),
        ("notify_risk_manager", "done", 6),
        ("rollback", "done", 9),
        ("rca", "done", 11),
        ("playbook", "waived", 12),
    ] == [(name, step["state"], int(step["at"][14:16])) for name, step in steps.items()]
    assert {"person/1"} == {step["by"] for step in steps.values()}


def test_links_tell_which_alerts_an_incident_had_and_since_when(ledger: World) -> None:
    incident = live(ledger)

    found = ledger.rows(INCIDENT_ALERTS)

    assert [
        (A, 4, False, "2026-03-01T12:00:00.000000Z", "2026-03-01T12:14:00.000000Z"),
        (B, 6, False, "2026-03-01T12:00:00.000000Z", "2026-03-01T12:13:30.000000Z"),
    ] == [
        (key[1], row["leaf"], row["firing"], row["since"], row["ended_at"])
        for key, row in sorted(found.items(), key=lambda item: str(item[1]["leaf"]))
    ]
    assert {str(incident)} == {row["incident"] for row in found.values()}


def test_the_timeline_tells_the_whole_story_in_order(ledger: World) -> None:
    incident = live(ledger)

    found = [row for _, row in sorted(ledger.rows(TIMELINE).items(), key=lambda each: each[0][1])]

    assert [
        "Detected: a is down",
        "Alert joined: a is down",
        "Alert joined: b is down",
        "Owner assigned",
        "Contained: Traffic moved away",
        "Told customers: We are on it",
        "Classified: Safety failure, High (Harm seen)",
        "Ticket opened: https://tickets.example/1",
        "Risk Manager notified by pager",
        "Rollback requested to v1: Bad model",
        "Rollback to v1 failed",
        "Rolled back to v0",
        "Root cause analysis started",
        "Root cause found: A bad prompt",
        "Step waived: Update playbook (Nothing to learn)",
        "Corrected title: 'a is down' is now 'Chat harmed' (Clearer)",
        "Alert ended",
        "Alert ended",
        "Closed",
    ] == [row["text"] for row in found]
    assert list(range(1, 20)) == [row["version"] for row in found]
    assert {str(incident)} == {row["incident"] for row in found}
    assert {"person/1"} == {row["actor"] for row in found}
    assert ("incident.detected.v1", "incident.closed.v1") == (found[0]["type"], found[-1]["type"])


def test_a_new_incident_owes_its_first_step_and_does_harm(ledger: World) -> None:
    ledger.take(ledger.signal("a"), ledger.signal("b"))

    (row,) = ledger.rows(REGISTER).values()

    assert ("open", "contain", 2, None, None) == (
        row["status"],
        row["next_step"],
        row["firing"],
        row["impact_ended_at"],
        row["verdict_at_due"],
    )
    assert {"state": "not_applicable", "at": None, "by": None} == row["steps"]["rollback"]


def test_an_rca_completed_late_was_overdue_when_it_was_due(ledger: World) -> None:
    ledger.report(1)
    ledger.pass_time(hours=25)
    ledger.do(UUID(int=1), c.CompleteRca(summary="S", root_cause="R"))

    (row,) = ledger.rows(REGISTER).values()
    texts = [each["text"] for each in ledger.rows(TIMELINE).values()]

    assert ("overdue", "2026-03-02T13:00:00.000000Z") == (
        row["verdict_at_due"],
        row["rca_completed_at"],
    )
    assert "Root cause analysis overdue; it was due 2026-03-02T12:00:00.000000Z" in texts


def test_a_merged_incident_leaves_its_alerts_to_the_other(ledger: World) -> None:
    (source,) = incidents_of(ledger.take(ledger.signal("a")))
    ledger.report(2)
    ledger.pass_time(minutes=5)
    ledger.merge(source, UUID(int=2))

    register, links = ledger.rows(REGISTER), ledger.rows(INCIDENT_ALERTS)

    merged, target = register[str(source),], register[str(UUID(int=2)),]
    assert ("merged", str(UUID(int=2)), 0) == tuple(
        merged[name] for name in ("status", "merged_into", "firing")
    )
    assert ("open", None, 1) == tuple(target[n] for n in ("status", "merged_into", "firing"))
    assert (True, "2026-03-01T12:05:00.000000Z") == tuple(
        links[str(UUID(int=2)), A][name] for name in ("firing", "since")
    )


def test_an_impact_that_goes_on_goes_on_in_the_incident_it_is_merged_into(
    ledger: World,
) -> None:
    ledger.report(1)
    ledger.report(2)
    ended = c.Amend(field="impact_ended_at", to="2026-03-01T12:00:00Z", reason="Over")
    ledger.do(UUID(int=2), ended)
    assert "2026-03-01T12:00:00.000000Z" == impact_end(ledger)

    ledger.merge(UUID(int=1), UUID(int=2))

    assert None is impact_end(ledger)


def impact_end(ledger: World) -> object:
    return ledger.rows(REGISTER)[str(UUID(int=2)),]["impact_ended_at"]


def test_times_are_shown_in_utc_whatever_offset_they_came_with(ledger: World) -> None:
    ledger.report(1)
    ledger.pass_time(hours=3)
    berlin = timezone(timedelta(hours=1))
    ledger.do(UUID(int=1), c.Contain(action="x", at=datetime(2026, 3, 1, 15, 30, tzinfo=berlin)))
    amended = c.Amend(field="detected_at", to="2026-03-01T11:00:00+01:00", reason="Seen earlier")
    ledger.do(UUID(int=1), amended)

    (row,) = ledger.rows(REGISTER).values()

    assert "2026-03-01T14:30:00.000000Z" == row["steps"]["contain"]["at"]
    assert ("2026-03-01T10:00:00.000000Z", "2026-03-02T10:00:00.000000Z") == (
        row["detected_at"],
        row["rca_due"],
    )
