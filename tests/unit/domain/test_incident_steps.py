"""What each command of a person comes to in an open incident, and what it comes to again."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ledger.domain.incident import IncidentEvent, evolve
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.steps import next_step, pending
from ledger.vocabulary import Category, Severity, Status, Step, StepState
from tests.unit.domain.story import (
    AT_RISK_AT,
    DETECTED_AT,
    DUE,
    NOW,
    POLICY,
    detected,
    folded,
    given,
    policy_with,
)

EARLIER = NOW - timedelta(minutes=30)
CLASSIFY = c.Classify(category=Category.DATA_BREACH, severity=Severity.HIGH, reason="r")
CLASSIFIED = e.Classified(
    at=NOW, category=Category.DATA_BREACH, severity=Severity.HIGH, reason="r", counts=True
)
TELL = c.Communicate(audience="users", message="m")
NOTIFY = c.NotifyRiskManager(channel="email", receipt="250 ok")
COMPLETE = c.CompleteRca(summary="s", root_cause="r")

SIMPLE: list[tuple[c.IncidentCommand, e.IncidentEvent]] = [
    (c.Contain(action="stopped"), e.Contained(at=NOW, action="stopped")),
    (c.Contain(action="x", at=EARLIER), e.Contained(at=EARLIER, action="x")),
    (TELL, e.Communicated(at=NOW, audience="users", message="m")),
    (
        c.Communicate(audience="users", message="m", at=EARLIER),
        e.Communicated(at=EARLIER, audience="users", message="m"),
    ),
    (CLASSIFY, CLASSIFIED),
    (c.OpenTicket(url="https://t/1"), e.TicketOpened(at=NOW, url="https://t/1")),
    (NOTIFY, e.RiskManagerNotified(at=NOW, channel="email", receipt="250 ok")),
    (
        c.NotifyRiskManager(channel="phone", at=EARLIER),
        e.RiskManagerNotified(at=EARLIER, channel="phone"),
    ),
    (
        c.RequestRollback(reason="bad", target="v1"),
        e.RollbackRequested(at=NOW, reason="bad", target="v1"),
    ),
    (c.ExecuteRollback(snapshot="v1"), e.RollbackExecuted(at=NOW, snapshot="v1")),
    (
        c.ExecuteRollback(snapshot="v1", at=EARLIER),
        e.RollbackExecuted(at=EARLIER, snapshot="v1"),
    ),
    (c.FailRollback(snapshot="v1"), e.RollbackFailed(at=NOW, snapshot="v1")),
    (c.FailRollback(snapshot="v1", at=EARLIER), e.RollbackFailed(at=EARLIER, snapshot="v1")),
    (c.StartRca(), e.RcaStarted(at=NOW)),
    (COMPLETE, e.RcaCompleted(at=NOW, summary="s", root_cause="r")),
    (
        c.UpdatePlaybook(playbook="p", change="c"),
        e.PlaybookUpdated(at=NOW, playbook="p", change="c"),
    ),
    (
        c.WaiveStep(step=Step.CONTAIN, reason="over"),
        e.StepWaived(at=NOW, step=Step.CONTAIN, reason="over"),
    ),
    (c.Assign(owner="person/1"), e.OwnerAssigned(at=NOW, owner="person/1")),
    (c.Dismiss(reason="a drill"), e.Dismissed(at=NOW, reason="a drill")),
]


@pytest.mark.parametrize(("command", "event"), SIMPLE)
def test_a_command_in_an_open_incident_is_its_event(
    command: c.IncidentCommand, event: e.IncidentEvent
) -> None:
    given(detected()).when(command).then(event)


@pytest.mark.parametrize(
    ("command", "event"),
    [
        pair
        for pair in SIMPLE
        if isinstance(
            pair[0],
            c.Contain
            | c.Classify
            | c.OpenTicket
            | c.NotifyRiskManager
            | c.StartRca
            | c.WaiveStep
            | c.Assign
            | c.Dismiss,
        )
    ],
)
def test_the_same_command_again_is_nothing_to_do(
    command: c.IncidentCommand, event: e.IncidentEvent
) -> None:
    given(detected(), event).when(command, now=NOW + timedelta(hours=1)).nothing()


def test_a_report_opens_an_incident_with_what_the_policy_says_of_it() -> None:
    report = c.Report(title="Answers leak", system="chat", detected_at=DETECTED_AT)
    expected = detected(source="person/1")
    given().when(report).then(expected)
    given(expected).when(report).nothing()


def test_a_report_carries_what_its_reporter_knows() -> None:
    report = c.Report(
        title="t",
        system="chat",
        severity=Severity.LOW,
        description="d",
        source="a customer",
        external_id="T-1",
        impact_ended_at=EARLIER,
    )
    expected = detected(
        at=NOW,
        title="t",
        severity=Severity.LOW,
        source="a customer",
        description="d",
        external_id="T-1",
        impact_ended_at=EARLIER,
        rca_due=NOW + timedelta(hours=24),
        at_risk_at=NOW + timedelta(hours=20),
        counts=False,
    )
    critical_only = policy_with('["critical", "high", "medium", "low"]', '["critical"]')
    given().when(report, policy=critical_only).then(expected)


@pytest.mark.parametrize("field", ["detected_at", "impact_ended_at"])
def test_a_report_from_the_future_is_refused(field: str) -> None:
    future: dict[str, Any] = {field: NOW + POLICY.alerts.clock_skew + timedelta(microseconds=1)}
    given().when(c.Report(title="t", system="s", **future)).refused("not_in_the_future")


@pytest.mark.parametrize("field", ["detected_at", "impact_ended_at"])
def test_a_report_from_the_year_202_is_refused(field: str) -> None:
    slip: dict[str, Any] = {field: NOW.replace(year=202)}
    given().when(c.Report(title="t", system="s", **slip)).refused("not_before_1970")
    given(detected()).when(c.Contain(action="x", at=NOW.replace(year=202))).refused(
        "not_before_1970"
    )


def test_times_with_an_offset_are_recorded_in_utc() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    at, detected_at = EARLIER.astimezone(zone), DETECTED_AT.astimezone(zone)
    report = c.Report(
        title="t", system="chat", detected_at=detected_at, source="s", impact_ended_at=at
    )
    expected = detected(title="t", source="s", impact_ended_at=EARLIER)
    told = given().when(report).then(expected)
    assert [timedelta(0)] * 2 == [
        when.utcoffset() for when in (told.detected_at, told.impact_ended_at) if when
    ]
    contained = given(detected()).when(c.Contain(action="x", at=at))
    done = contained.then(e.Contained(at=EARLIER, action="x")).contained
    assert done is not None
    assert timedelta(0) == done.at.utcoffset()


@pytest.mark.parametrize(
    "command",
    [
        c.Contain(action="x", at=NOW + POLICY.alerts.clock_skew + timedelta(microseconds=1)),
        c.Communicate(audience="a", message="m", at=NOW + timedelta(days=1)),
        c.NotifyRiskManager(channel="c", at=NOW + timedelta(days=1)),
        c.ExecuteRollback(snapshot="s", at=NOW + timedelta(days=1)),
        c.FailRollback(snapshot="s", at=NOW + timedelta(days=1)),
        c.CompleteRca(summary="s", root_cause="r", at=NOW + timedelta(days=1)),
    ],
)
def test_nothing_happened_in_the_future(command: c.IncidentCommand) -> None:
    given(detected()).when(command).refused("not_in_the_future")


def test_another_containment_is_refused_and_the_same_one_is_not() -> None:
    contained = given(detected(), e.Contained(at=EARLIER, action="x"))
    contained.when(c.Contain(action="y")).refused("already_contained")
    contained.when(c.Contain(action="x", at=NOW)).refused("already_contained")
    contained.when(c.Contain(action="x", at=EARLIER)).nothing()
    contained.when(c.Contain(action="x")).nothing()


def test_a_step_done_again_says_so_where_it_tells_more() -> None:
    again = given(detected(), e.Communicated(at=EARLIER, audience="users", message="m"))
    again.when(TELL).then(e.Communicated(at=NOW, audience="users", message="m"))
    ticket = given(detected(), e.TicketOpened(at=EARLIER, url="https://t/1"))
    ticket.when(c.OpenTicket(url="https://t/2")).then(e.TicketOpened(at=NOW, url="https://t/2"))
    told = given(detected(), e.RiskManagerNotified(at=EARLIER, channel="email"))
    told.when(NOTIFY).then(e.RiskManagerNotified(at=NOW, channel="email", receipt="250 ok"))


def test_a_reclassification_supersedes_and_says_whether_it_counts_now() -> None:
    past = given(detected(), CLASSIFIED)
    lower = c.Classify(category=Category.DATA_BREACH, severity=Severity.LOW)
    expected = e.Classified(
        at=NOW, category=Category.DATA_BREACH, severity=Severity.LOW, counts=False
    )
    policy = policy_with('["critical", "high", "medium", "low"]', '["critical", "high"]')
    after = past.when(lower, policy=policy).then(expected)
    assert (Severity.LOW, False) == (after.severity, after.counts)


def test_an_incident_begins_with_every_step_pending_but_the_rollback() -> None:
    state = folded(detected())
    expected = dict.fromkeys(Step, StepState.PENDING) | {Step.ROLLBACK: StepState.NOT_APPLICABLE}
    assert expected == state.steps
    assert Step.CONTAIN is next_step(state.steps)
    assert 7 == len(pending(state.steps))


@pytest.mark.parametrize(
    ("event", "step", "stands"),
    [
        (e.Contained(at=NOW, action="x"), Step.CONTAIN, StepState.DONE),
        (e.Communicated(at=NOW, audience="a", message="m"), Step.COMMUNICATE, StepState.DONE),
        (CLASSIFIED, Step.CLASSIFY, StepState.DONE),
        (e.TicketOpened(at=NOW, url="u:1"), Step.TICKET, StepState.DONE),
        (e.RiskManagerNotified(at=NOW, channel="c"), Step.NOTIFY_RISK_MANAGER, StepState.DONE),
        (e.RollbackRequested(at=NOW, reason="r"), Step.ROLLBACK, StepState.PENDING),
        (e.RollbackExecuted(at=NOW, snapshot="s"), Step.ROLLBACK, StepState.DONE),
        (e.RollbackFailed(at=NOW, snapshot="s"), Step.ROLLBACK, StepState.PENDING),
        (e.RcaStarted(at=NOW), Step.RCA, StepState.PENDING),
        (e.RcaCompleted(at=NOW, summary="s", root_cause="r"), Step.RCA, StepState.DONE),
        (e.PlaybookUpdated(at=NOW, playbook="p", change="c"), Step.PLAYBOOK, StepState.DONE),
        (e.StepWaived(at=NOW, step=Step.TICKET, reason="r"), Step.TICKET, StepState.WAIVED),
    ],
)
def test_each_event_moves_its_step_alone(
    event: IncidentEvent, step: Step, stands: StepState
) -> None:
    before = folded(detected())
    assert {**before.steps, step: stands} == evolve(before, event).steps


def test_a_waived_step_can_be_done_after_all_and_a_rollback_fall_due_again() -> None:
    waived = folded(detected(), e.StepWaived(at=NOW, step=Step.CONTAIN, reason="r"))
    assert StepState.DONE is evolve(waived, e.Contained(at=NOW, action="x")).steps[Step.CONTAIN]
    rolled_back = folded(detected(), e.RollbackExecuted(at=NOW, snapshot="s"))
    again = evolve(rolled_back, e.RollbackRequested(at=NOW, reason="worse"))
    assert StepState.PENDING is again.steps[Step.ROLLBACK]


def test_detection_takes_its_month_and_times_from_the_policy() -> None:
    state = folded(detected())
    assert (Status.OPEN, DUE, AT_RISK_AT, "2026-03", True) == (
        state.status,
        state.rca_due,
        state.at_risk_at,
        state.month,
        state.counts,
    )
    assert DUE == POLICY.rca_due(datetime.fromisoformat("2026-03-10T09:00:00+01:00"))


@pytest.mark.parametrize("ahead", [timedelta(seconds=0.3), POLICY.alerts.clock_skew])
def test_a_time_a_moment_ahead_of_the_ledger_s_clock_is_now(ahead: timedelta) -> None:
    """Two clocks are never the same; a minute is no lie."""
    [reported] = given().when(c.Report(title="t", system="s", detected_at=NOW + ahead)).decided()
    [contained] = given(detected()).when(c.Contain(action="x", at=NOW + ahead)).decided()
    assert NOW == reported.at == contained.at
