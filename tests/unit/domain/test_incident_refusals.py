"""Every command in every state that refuses it, with the name of the rule."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.steps import AT_DETECTION
from ledger.errors import LedgerError
from ledger.vocabulary import Category, RcaMark, Severity, Status, Step
from tests.unit.domain.story import AT_RISK_AT, DUE, LATE, NOW, detected, folded, given

OVER = detected(impact_ended_at=NOW)
CLOSED = (detected(), e.Closed(at=NOW))
DISMISSED = (detected(), e.Dismissed(at=NOW, reason="a drill"))
MERGED = (detected(), e.Merged(at=NOW, into=UUID(int=9), reason="the same"))

COMMANDS: list[c.IncidentCommand] = [
    c.Contain(action="x"),
    c.Communicate(audience="a", message="m"),
    c.Classify(category=Category.INFRA_ERROR, severity=Severity.LOW),
    c.OpenTicket(url="https://t/1"),
    c.NotifyRiskManager(channel="c"),
    c.RequestRollback(reason="r"),
    c.ExecuteRollback(snapshot="s"),
    c.FailRollback(snapshot="s"),
    c.StartRca(),
    c.CompleteRca(summary="s", root_cause="r"),
    c.UpdatePlaybook(playbook="p", change="c"),
    c.WaiveStep(step=Step.CONTAIN, reason="r"),
    c.DoStep(step="legal_review", note="n"),
    c.Assign(owner="person/1"),
    c.Amend(field="title", to="t", reason="r"),
    c.Resolve(reason="r"),
    c.Dismiss(reason="r"),
    c.Close(),
    c.Reopen(reason="r"),
    c.WithdrawRcaMark(mark=RcaMark.OVERDUE, reason="r"),
    c.DeclareNearMiss(reason="r"),
    c.WithdrawNearMiss(reason="r"),
    c.RecordPreliminaryRca(summary="s"),
    c.ApproveRca(),
    c.Acknowledge(),
    c.Restrict(reason="r"),
    c.Unrestrict(reason="r"),
    c.Note(text="n"),
]
MARKS: list[c.IncidentCommand] = [c.MarkRcaAtRisk(due=DUE), c.MarkRcaOverdue(due=DUE)]
ALWAYS = (
    *(c.Amend, c.Note, c.Reopen, c.Resolve, c.WithdrawRcaMark),
    *(c.Restrict, c.Unrestrict),
)
"""What needs no open incident."""


def name_of(command: c.IncidentCommand) -> str:
    return type(command).__name__


def test_the_table_has_every_command() -> None:
    expected = {*INCIDENT.by_body, c.MarkRcaAtRisk, c.MarkRcaOverdue} - {c.Merge, c.Report}
    assert expected == {type(command) for command in COMMANDS + MARKS}


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_no_command_reaches_an_incident_that_nobody_knows(command: c.IncidentCommand) -> None:
    given().when(command).refused("incident_unknown")


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_no_command_reaches_an_incident_that_lives_on_in_another(
    command: c.IncidentCommand,
) -> None:
    given(*MERGED).when(command).refused("incident_merged")


@pytest.mark.parametrize(
    "command", [x for x in COMMANDS if not isinstance(x, (*ALWAYS, c.Close))], ids=name_of
)
def test_a_closed_incident_refuses_what_needs_an_open_one(command: c.IncidentCommand) -> None:
    given(*CLOSED).when(command).refused("incident_closed")


@pytest.mark.parametrize(
    "command", [x for x in COMMANDS if not isinstance(x, (*ALWAYS, c.Dismiss))], ids=name_of
)
def test_a_dismissed_incident_refuses_what_needs_an_open_one(command: c.IncidentCommand) -> None:
    given(*DISMISSED).when(command).refused("incident_dismissed")


@pytest.mark.parametrize("past", [(), MERGED, CLOSED, DISMISSED])
@pytest.mark.parametrize("mark", MARKS, ids=name_of)
def test_the_clock_s_marks_are_nothing_to_do_where_no_incident_is_open(
    past: tuple[e.IncidentEvent, ...], mark: c.IncidentCommand
) -> None:
    given(*past).when(mark, now=LATE).nothing()


def test_closing_a_closed_incident_is_nothing_to_do() -> None:
    given(*CLOSED).when(c.Close()).nothing()


def test_another_reason_to_dismiss_is_refused_rather_than_lost() -> None:
    given(*DISMISSED).when(c.Dismiss(reason="again")).refused("incident_dismissed")


def test_an_open_incident_is_not_reopened() -> None:
    given(detected()).when(c.Reopen(reason="r")).refused("incident_open")


@pytest.mark.parametrize("past", [CLOSED, DISMISSED])
def test_reopening_gives_an_incident_back_as_it_was_with_its_rca_clock(
    past: tuple[e.IncidentEvent, ...],
) -> None:
    later = LATE + timedelta(days=9)
    told = given(*past).when(c.Reopen(reason="r"), now=later)
    after = told.then(e.Reopened(at=later, reason="r"))
    assert folded(past[0]) == replace(after, written=folded(past[0]).written)


def test_closing_names_every_step_that_is_pending() -> None:
    refusal = given(detected()).when(c.Close())
    refusal.refused("steps_pending")
    text = str(refusal.fails(LedgerError))
    expected = [step for step, state in AT_DETECTION.items() if state == "pending"]
    assert expected == [step for step in Step if step in text.partition("pending: ")[2]]
    assert "Do contain next, or waive it with a reason; rca cannot be waived." in text


def test_closing_never_says_to_waive_the_rca() -> None:
    done = [event for step, event in DONE.items() if step not in {Step.RCA, Step.PLAYBOOK}]
    left = given(detected(), *done).when(c.Close()).fails(LedgerError)
    last = given(detected(), *done, DONE[Step.PLAYBOOK]).when(c.Close()).fails(LedgerError)

    assert "Do rca next, which cannot be waived; playbook can be, with a reason." in str(left)
    assert "Do rca next, which cannot be waived. (rule" in str(last)


DONE: dict[Step, e.IncidentEvent] = {
    Step.CONTAIN: e.Contained(at=NOW, action="x"),
    Step.COMMUNICATE: e.Communicated(at=NOW, audience="a", message="m"),
    Step.CLASSIFY: e.Classified(
        at=NOW, category=Category.INFRA_ERROR, severity=Severity.LOW, counts=True
    ),
    Step.TICKET: e.TicketOpened(at=NOW, url="https://t/1"),
    Step.NOTIFY_RISK_MANAGER: e.RiskManagerNotified(at=NOW, channel="c"),
    Step.RCA: e.RcaCompleted(at=NOW, summary="s", root_cause="r"),
    Step.PLAYBOOK: e.PlaybookUpdated(at=NOW, playbook="p", change="c"),
}


def test_closing_needs_every_step() -> None:
    closed = given(OVER, *DONE.values()).when(c.Close()).then(e.Closed(at=NOW))
    assert Status.CLOSED is closed.status


@pytest.mark.parametrize("left", DONE)
def test_closing_is_refused_for_any_one_step_left(left: Step) -> None:
    others = (event for step, event in DONE.items() if step is not left)
    given(detected(), *others).when(c.Close()).refused("steps_pending")


@pytest.mark.parametrize(
    ("rollback", "closes"),
    [
        ((), True),
        ((e.RollbackRequested(at=NOW, reason="r"),), False),
        ((e.RollbackExecuted(at=NOW, snapshot="s"),), True),
        ((e.RollbackExecuted(at=NOW, snapshot="s"), e.RollbackFailed(at=NOW, snapshot="s")), False),
        (
            (
                e.RollbackRequested(at=NOW, reason="r"),
                e.StepWaived(at=NOW, step=Step.ROLLBACK, reason="r"),
            ),
            True,
        ),
    ],
)
def test_a_rollback_that_is_required_is_owed(
    rollback: tuple[e.IncidentEvent, ...], closes: bool
) -> None:
    told = given(OVER, *DONE.values(), *rollback).when(c.Close())
    if closes:
        told.then(e.Closed(at=NOW))
    else:
        told.refused("steps_pending")


def test_every_step_but_the_rca_can_be_waived_while_it_is_pending() -> None:
    for step in Step:
        waive = given(detected(), e.RollbackRequested(at=NOW, reason="r")).when(
            c.WaiveStep(step=step, reason="r")
        )
        if step is Step.RCA:
            waive.refused("rca_cannot_be_waived")
        else:
            waive.then(e.StepWaived(at=NOW, step=step, reason="r"))


@pytest.mark.parametrize("step", [step for step in DONE if step is not Step.RCA])
def test_a_step_that_is_done_is_not_waived(step: Step) -> None:
    told = given(detected(), DONE[step]).when(c.WaiveStep(step=step, reason="r"))
    told.refused("step_already_done")


def test_a_rollback_that_nobody_required_is_not_waived() -> None:
    told = given(detected()).when(c.WaiveStep(step=Step.ROLLBACK, reason="r"))
    told.refused("step_not_applicable")


def test_a_closed_incident_closes_again_after_reopening_as_it_stands() -> None:
    again = e.Reopened(at=NOW, reason="r")
    past: tuple[e.IncidentEvent, ...] = (OVER, *DONE.values(), e.Closed(at=NOW), again)
    given(*past).when(c.Close()).then(e.Closed(at=NOW))
    assert AT_RISK_AT == folded(*past).at_risk_at
