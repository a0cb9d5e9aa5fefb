"""What was written about an incident, as it is read: its records, corrections and alerts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event

from consumers import read_service
from consumers.read_service.incident_views import IncidentDetail
from consumers.read_service.incidents import view_from_stream
from consumers.read_service.records import MOST_RECORDS
from ledger.domain.command import Command
from ledger.domain.incident import commands as c
from ledger.vocabulary import RcaState
from projections.engine import SQLiteViews, ViewsDatabase
from projections.queries.records import records
from projections.rca_sla import RCA_SLA
from projections.register import REGISTER
from tests.harness.commands import incidents_of
from tests.unit.projections.test_many import shown_by
from tests.unit.projections.world import World, world

ONE = UUID(int=1)


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    with world(tmp_path, views) as opened:
        yield opened


def do(ledger: World, *commands: Command, incident: UUID = ONE) -> None:
    for command in commands:
        ledger.pass_time(minutes=1)
        ledger.do(incident, command)  # type: ignore[arg-type]


def amend(field: str, to: str, reason: str = "r") -> c.Amend:
    return c.Amend(field=field, to=to, reason=reason)


def read(ledger: World, incident: UUID = ONE) -> IncidentDetail:
    """The view of an incident, which is that of a command's answer."""
    ledger.catch_up()
    shown = read_service.incidents.incident(shown_by(ledger), str(incident))
    assert shown == view_from_stream(shown_by(ledger), incident)
    return shown


def test_a_record_has_its_fields_as_they_are_now_and_as_they_were(ledger: World) -> None:
    ledger.report(1)
    do(
        ledger,
        c.CompleteRca(summary="S", root_cause="R", actions=["a", "b"]),
        amend("rca.summary", "S 2", "one"),
        amend("rca.summary", "S 3", "two"),
        amend("rca.actions", "a\nc"),
    )

    [rca] = [each for each in read(ledger).records if each.type == "incident.rca_completed.v1"]

    assert ("rca.2", "rca", 2) == (rca.name, rca.step, rca.version)
    assert {"summary": "S 3", "root_cause": "R", "actions": ["a", "c"]} == rca.fields
    assert [("S", "S 2", "one"), ("S 2", "S 3", "two")] == [
        (each.from_, each.to, each.reason) for each in rca.corrected["summary"]
    ]
    assert [(["a", "b"], ["a", "c"])] == [
        (each.from_, each.to) for each in rca.corrected["actions"]
    ]


def test_an_owner_is_shown_with_the_one_before(ledger: World) -> None:
    ledger.report(1)
    do(ledger, c.Assign(owner="person/7"), c.Assign(owner="person/8"))

    assigned = [each.fields for each in read(ledger).records if "owner" in each.fields]

    assert [{"owner": "person/7"}, {"owner": "person/8", "from": "person/7"}] == assigned


def test_what_detection_said_is_struck_through_where_it_was_amended(ledger: World) -> None:
    ledger.report(1)
    earlier = (ledger.now - timedelta(minutes=5)).isoformat()
    do(ledger, amend("title", "Better"), amend("detected_at", earlier), amend("severity", "low"))

    detection = read(ledger).records[0]

    assert {"title", "at", "severity"} == set(detection.corrected)
    assert ("Better", "low", "2026-03-01T11:55:00.000000Z") == (
        detection.fields["title"],
        detection.fields["severity"],
        detection.at,
    )


def test_a_corrected_time_moves_the_step_and_the_clock_and_not_the_verdict_of_then(
    ledger: World,
) -> None:
    ledger.report(1)
    do(ledger, c.Contain(action="a"), c.CompleteRca(summary="S", root_cause="R"))
    ledger.pass_time(hours=30)
    ledger.do(ONE, amend("contain.at", "2026-03-01T12:00:30Z"))
    ledger.do(ONE, amend("rca.at", "2026-03-02T13:00:00Z"))

    view = read(ledger)
    clock = ledger.rows(RCA_SLA)[str(ONE),]
    row = ledger.rows(REGISTER)[str(ONE),]

    late = "2026-03-02T13:00:00.000000Z"
    assert ("2026-03-01T12:00:30.000000Z", late) == (
        view.steps["contain"].at,
        view.steps["rca"].at,
    )
    assert (RcaState.MET_LATE, late, "met") == (
        view.rca.state,
        view.rca.completed_at,
        view.rca.verdict_at_due,
    )
    assert (late, "met", None) == (
        clock["completed_at"],
        clock["verdict_at_due"],
        clock["overdue_recorded_at"],
    )
    assert (late, "met") == (row["rca_completed_at"], row["verdict_at_due"])


def test_an_rca_that_was_recorded_late_is_met_once_its_time_is_corrected(ledger: World) -> None:
    ledger.report(1)
    ledger.pass_time(hours=25)
    ledger.do(ONE, c.CompleteRca(summary="S", root_cause="R"))
    ledger.do(ONE, amend("rca.at", "2026-03-02T11:00:00Z"))

    rca = read(ledger).rca

    assert (RcaState.MET, "overdue") == (rca.state, rca.verdict_at_due)


def test_the_newest_records_are_shown_with_their_number(ledger: World) -> None:
    ledger.report(1)
    for number in range(MOST_RECORDS + 5):
        ledger.do(ONE, c.Note(text=f"n {number}"))

    view = read(ledger)

    assert (MOST_RECORDS + 6, MOST_RECORDS) == (view.records_total, len(view.records))
    assert f"n {MOST_RECORDS + 4}" == view.records[-1].fields["text"]


def test_the_alerts_of_a_storm_are_no_records_and_their_rows_are_not_read(ledger: World) -> None:
    outcome = ledger.take(*(ledger.signal(f"k{number}") for number in range(300)))
    [incident] = set(incidents_of(outcome))
    do(ledger, c.Note(text="A storm"), incident=incident)

    assert ["incident.detected.v1", "incident.noted.v1"] == [
        each.type for each in read(ledger, incident).records
    ]
    if isinstance(ledger.views, SQLiteViews):
        plans = _plans(ledger.views)
        records(ledger.views, str(incident), most=10)
        assert plans
        assert all("_s1" in plan for plan in plans if "SEARCH" in plan or "SCAN" in plan)


def _plans(views: SQLiteViews) -> list[str]:
    """What the database says it does for each query, as they come."""
    found: list[str] = []

    def explain(connection: Connection, cursor: object, sql: str, values: Any, *_: object) -> None:
        if "timeline_v" in sql and not sql.startswith("EXPLAIN"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            found.extend(row[3] for row in raw.fetchall())

    event.listen(views._engine, "before_cursor_execute", explain)
    return found


def test_what_alerts_bring_stands_beside_the_incident_once(ledger: World) -> None:
    shared = {
        "runbook_url": "https://wiki.example/runbook",
        "dashboard": "http://grafana.example/d/1",
        "summary": "The queue is full",
        "note": "javascript:alert(1)",
        "evil": "https://wiki.example@evil.example/",
    }
    signals = [
        ledger.signal(
            f"k{number}",
            annotations={**shared, "description": f"Queue {number}"},
            generator_url=f"http://prometheus.example/graph?g0={number}",
        )
        for number in range(8)
    ]
    [incident] = set(incidents_of(ledger.take(*signals)))

    first, *others = read(ledger, incident).context

    assert 4 == len(others)
    assert [
        ("runbook_url", "https://wiki.example/runbook"),
        ("dashboard", "http://grafana.example/d/1"),
        ("generator", "http://prometheus.example/graph?g0=7"),
    ] == [(link.name, link.url) for link in first.links]
    assert {"summary": "The queue is full", "description": "Queue 7"} == first.texts
    assert {"generator"} == {link.name for each in others for link in each.links}
    assert {"description"} == {name for each in others for name in each.texts}
