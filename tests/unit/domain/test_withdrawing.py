"""A mark of the RCA clock that was recorded wrongly is withdrawn; one that is right stays."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from ledger.domain.incident import Incident, next_deadline
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.errors import LedgerError
from ledger.vocabulary import RcaMark
from tests.unit.domain.story import AT_RISK_AT, DUE, LATE, NOW, detected, folded, given

AT_RISK, OVERDUE = e.RcaAtRisk(at=AT_RISK_AT, due=DUE), e.RcaOverdue(at=DUE, due=DUE)
MARKED = (detected(), AT_RISK, OVERDUE)
EARLIER = DUE - timedelta(hours=3)
INSTANT = timedelta(microseconds=1)
MARKS = [(RcaMark.AT_RISK, AT_RISK_AT), (RcaMark.OVERDUE, DUE)]


def withdraw(mark: RcaMark, due: datetime | None = None) -> c.WithdrawRcaMark:
    return c.WithdrawRcaMark(mark=mark, reason="A wrong clock", due=due)


def withdrawn(mark: RcaMark, at: datetime = NOW, due: datetime = DUE) -> e.RcaMarkWithdrawn:
    return e.RcaMarkWithdrawn(at=at, due=due, mark=mark, reason="A wrong clock")


def completed(at: datetime) -> e.RcaCompleted:
    return e.RcaCompleted(at=at, summary="s", root_cause="r")


def amended(due: datetime) -> e.Amended:
    """The due time moves, with its at-risk time four hours before."""
    return e.Amended(
        at=NOW,
        field="detected_at",
        from_=None,
        to=(due - timedelta(hours=24)).isoformat(),
        reason="r",
        month="2026-03",
        rca_due=due,
        at_risk_at=due - timedelta(hours=4),
        counts=True,
    )


def marks_of(state: Incident) -> tuple[set[datetime], set[datetime]]:
    return set(state.at_risk_marked), set(state.overdue_marked)


@pytest.mark.parametrize(("mark", "time"), MARKS)
def test_a_mark_whose_time_has_not_come_is_withdrawn_and_forgotten(
    mark: RcaMark, time: datetime
) -> None:
    after = given(*MARKED).when(withdraw(mark)).then(withdrawn(mark))
    others = {RcaMark.AT_RISK: (set(), {DUE}), RcaMark.OVERDUE: ({DUE}, set())}
    assert others[mark] == marks_of(after)
    assert time == next_deadline(after)


@pytest.mark.parametrize(("mark", "time"), MARKS)
def test_the_clock_records_it_again_when_it_is_true(mark: RcaMark, time: datetime) -> None:
    again: dict[RcaMark, tuple[c.IncidentCommand, e.IncidentEvent]] = {
        RcaMark.AT_RISK: (c.MarkRcaAtRisk(due=DUE), AT_RISK),
        RcaMark.OVERDUE: (c.MarkRcaOverdue(due=DUE), OVERDUE),
    }
    command, event = again[mark]
    past = given(*MARKED, withdrawn(mark))
    past.when(command, now=time - INSTANT).nothing()
    past.when(command, now=time + INSTANT).then(event)


@pytest.mark.parametrize(("mark", "first"), [(RcaMark.AT_RISK, AT_RISK_AT), (RcaMark.OVERDUE, DUE)])
def test_a_mark_is_right_from_its_time_on(mark: RcaMark, first: datetime) -> None:
    right = first if mark is RcaMark.AT_RISK else first + INSTANT  # complete when due is in time
    given(*MARKED).when(withdraw(mark), now=right - INSTANT).then(withdrawn(mark, right - INSTANT))
    given(*MARKED).when(withdraw(mark), now=right).refused("mark_is_right")
    given(*MARKED).when(withdraw(mark), now=LATE + timedelta(days=9)).refused("mark_is_right")


@pytest.mark.parametrize(
    ("mark", "at", "is_right"),
    [
        (RcaMark.OVERDUE, DUE, False),
        (RcaMark.OVERDUE, DUE + INSTANT, True),
        (RcaMark.AT_RISK, AT_RISK_AT - INSTANT, False),
        (RcaMark.AT_RISK, AT_RISK_AT, True),
    ],
)
def test_a_mark_of_an_rca_that_was_complete_by_then_is_wrong_for_ever(
    mark: RcaMark, at: datetime, is_right: bool
) -> None:
    told = given(*MARKED, completed(at)).when(withdraw(mark), now=LATE)
    if is_right:
        told.refused("mark_is_right")
    else:
        told.then(withdrawn(mark, LATE))


@pytest.mark.parametrize("mark", RcaMark)
def test_a_mark_that_was_not_recorded_is_unknown(mark: RcaMark) -> None:
    given(detected()).when(withdraw(mark)).refused("mark_unknown")
    given(*MARKED).when(withdraw(mark, LATE)).refused("mark_unknown")
    given(*MARKED, withdrawn(mark)).when(withdraw(mark)).refused("mark_unknown")


@pytest.mark.parametrize("mark", RcaMark)
def test_the_mark_of_a_due_time_that_moved_is_named_by_it(mark: RcaMark) -> None:
    past = given(*MARKED, amended(EARLIER))
    past.when(withdraw(mark)).refused("mark_unknown")
    assert DUE.isoformat() in str(past.when(withdraw(mark)).fails(LedgerError))
    elsewhere = DUE.astimezone(timezone(timedelta(hours=5)))
    past.when(withdraw(mark, elsewhere)).then(withdrawn(mark))


def test_an_at_risk_mark_is_judged_by_the_time_that_it_was_made_for() -> None:
    past = given(*MARKED, amended(DUE + timedelta(days=5)))
    past.when(withdraw(RcaMark.AT_RISK, DUE), now=AT_RISK_AT).refused("mark_is_right")
    past.when(withdraw(RcaMark.AT_RISK, DUE), now=AT_RISK_AT - INSTANT).then(
        withdrawn(RcaMark.AT_RISK, AT_RISK_AT - INSTANT)
    )


@pytest.mark.parametrize(
    "status", [e.Closed(at=NOW), e.Dismissed(at=NOW, reason="r"), e.Reopened(at=NOW, reason="r")]
)
def test_it_is_withdrawn_whatever_the_status_but_merged(status: e.IncidentEvent) -> None:
    before = folded(*MARKED, status)
    after = given(*MARKED, status).when(withdraw(RcaMark.OVERDUE)).then(withdrawn(RcaMark.OVERDUE))
    assert (before.status, before.steps) == (after.status, after.steps)
    merged = e.Merged(at=NOW, into=UUID(int=9), reason="r")
    given(*MARKED, merged).when(withdraw(RcaMark.OVERDUE)).refused("incident_merged")
