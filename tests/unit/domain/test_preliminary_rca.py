"""A preliminary RCA, the due time of the final one, and the approval of that."""

from datetime import timedelta

import pytest

from ledger.domain.incident import commands as c
from ledger.domain.incident import decide, next_deadline
from ledger.domain.incident import events as e
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid, Refused
from ledger.policy import parse_policy, shipped
from ledger.vocabulary import RcaMark, Step, StepState
from tests.unit.domain.story import (
    AT_RISK_AT,
    DETECTED_AT,
    DUE,
    LATE,
    NOW,
    POLICY,
    detected,
    folded,
    given,
    policy_with,
)

INSTANT = timedelta(microseconds=1)
MEETS = policy_with("preliminary_meets = false", "preliminary_meets = true")
APPROVED = policy_with("final_needs_approval = false", "final_needs_approval = true")
FINAL_DUE = NOW + timedelta(days=7)
FINAL_AT_RISK_AT = FINAL_DUE - timedelta(hours=4)
MET = e.RcaPreliminary(
    at=NOW, summary="s", meets=True, final_due=FINAL_DUE, final_at_risk_at=FINAL_AT_RISK_AT
)
PRELIMINARY = c.RecordPreliminaryRca(summary="s")
COMPLETE = c.CompleteRca(summary="s", root_cause="r")
COMPLETED = e.RcaCompleted(at=NOW, summary="s", root_cause="r")
REQUESTED = e.RcaApprovalRequested(at=NOW, author="person/1")
AMENDED = c.Amend(field="detected_at", to="2026-03-10T07:00:00Z", reason="logs")


def test_a_preliminary_rca_is_recorded_and_moves_no_clock_as_shipped() -> None:
    command = c.RecordPreliminaryRca(summary="s", root_cause="r", actions=["one", "two"])
    event = e.RcaPreliminary(at=NOW, summary="s", root_cause="r", actions=("one", "two"))
    state = given(detected()).when(command).then(event)
    assert (event, DUE, AT_RISK_AT) == (state.preliminary, state.rca_due, state.at_risk_at)
    assert state.owes_rca
    assert StepState.PENDING is state.steps[Step.RCA]


def test_the_same_words_again_are_nothing_to_do_and_others_supersede() -> None:
    past = given(detected(), e.RcaPreliminary(at=NOW, summary="s"))
    past.when(PRELIMINARY).nothing()
    past.when(c.RecordPreliminaryRca(summary="more")).then(e.RcaPreliminary(at=NOW, summary="more"))


def test_a_preliminary_rca_lies_between_detection_and_now_and_before_the_complete_one() -> None:
    early = c.RecordPreliminaryRca(summary="s", at=DETECTED_AT - INSTANT)
    given(detected()).when(early).refused("rca_after_detection")
    given(detected(), COMPLETED).when(PRELIMINARY).refused("rca_already_complete")


class TestWhereItMeetsTheDeadline:
    """With `preliminary_meets = true`."""

    def test_the_final_one_has_a_due_time_of_its_own(self) -> None:
        state = given(detected()).when(PRELIMINARY, policy=MEETS).then(MET)
        assert (FINAL_DUE, FINAL_AT_RISK_AT) == (state.rca_due, state.at_risk_at)
        assert (DUE, AT_RISK_AT, NOW) == (
            state.preliminary_due,
            state.preliminary_at_risk_at,
            state.preliminary_met_at,
        )
        assert FINAL_AT_RISK_AT == next_deadline(state)

    def test_a_second_one_moves_it_no_further(self) -> None:
        more = c.RecordPreliminaryRca(summary="more")
        told = given(detected(), MET).when(more, now=LATE, policy=MEETS)
        state = told.then(e.RcaPreliminary(at=LATE, summary="more", meets=True))
        assert FINAL_DUE == state.rca_due

    def test_one_after_the_deadline_records_overdue_first(self) -> None:
        overdue, made = given(detected()).when(PRELIMINARY, now=LATE, policy=MEETS).decided()
        assert e.RcaOverdue(at=DUE, due=DUE) == overdue
        assert isinstance(made, e.RcaPreliminary)
        assert LATE + timedelta(days=7) == made.final_due

    def test_the_clock_marks_the_final_one_and_the_met_deadline_no_more(self) -> None:
        past = given(detected(), MET)
        past.when(c.MarkRcaOverdue(due=DUE), now=LATE).nothing()
        past.when(c.MarkRcaAtRisk(due=DUE), now=LATE).nothing()
        at_risk = e.RcaAtRisk(at=FINAL_AT_RISK_AT, due=FINAL_DUE)
        past.when(c.MarkRcaAtRisk(due=FINAL_DUE), now=FINAL_AT_RISK_AT).then(at_risk)
        past.when(c.MarkRcaOverdue(due=FINAL_DUE), now=FINAL_DUE).nothing()
        overdue = e.RcaOverdue(at=FINAL_DUE, due=FINAL_DUE)
        past.when(c.MarkRcaOverdue(due=FINAL_DUE), now=FINAL_DUE + INSTANT).then(overdue)

    def test_the_final_one_after_its_time_records_that_it_was_overdue(self) -> None:
        late = FINAL_DUE + INSTANT
        done = e.RcaCompleted(at=late, summary="s", root_cause="r")
        told = given(detected(), MET).when(COMPLETE, now=late)
        told.then(e.RcaOverdue(at=FINAL_DUE, due=FINAL_DUE), done)

    def test_another_policy_later_changes_nothing_of_it(self) -> None:
        told = given(detected(), MET).when(c.RecordPreliminaryRca(summary="more"), policy=POLICY)
        assert FINAL_DUE == told.then(e.RcaPreliminary(at=NOW, summary="more")).rca_due

    def test_a_corrected_detection_moves_the_deadline_that_it_met_and_not_the_final_one(
        self,
    ) -> None:
        [event] = given(detected(), MET).when(AMENDED).decided()
        assert isinstance(event, e.Amended)
        earlier = (DUE - timedelta(hours=1), AT_RISK_AT - timedelta(hours=1))
        assert earlier == (event.rca_due, event.at_risk_at)
        state = folded(detected(), MET, event)
        assert (FINAL_DUE, FINAL_AT_RISK_AT) == (state.rca_due, state.at_risk_at)
        assert earlier == (state.preliminary_due, state.preliminary_at_risk_at)

    @pytest.mark.parametrize("field", ["severity", "system"])
    def test_another_correction_restates_the_deadline_that_it_met(self, field: str) -> None:
        [event] = given(detected(), MET).when(c.Amend(field=field, to="low", reason="r")).decided()
        assert isinstance(event, e.Amended)
        assert (DUE, AT_RISK_AT) == (event.rca_due, event.at_risk_at)

    def test_detection_is_not_corrected_to_after_it(self) -> None:
        later = NOW + timedelta(minutes=5)
        amend = c.Amend(field="detected_at", to=later.isoformat(), reason="r")
        told = given(detected(), MET).when(amend, now=later + timedelta(hours=1))
        told.refused("rca_after_detection")

    def test_a_mark_of_the_deadline_is_wrong_where_it_was_met_in_time(self) -> None:
        overdue = e.RcaOverdue(at=DUE, due=DUE)
        withdraw = c.WithdrawRcaMark(mark=RcaMark.OVERDUE, due=DUE, reason="r")
        told = given(detected(), overdue, MET).when(withdraw, now=LATE)
        told.then(e.RcaMarkWithdrawn(at=LATE, due=DUE, mark=RcaMark.OVERDUE, reason="r"))
        late = e.RcaPreliminary(
            at=LATE, summary="s", meets=True, final_due=FINAL_DUE, final_at_risk_at=FINAL_AT_RISK_AT
        )
        given(detected(), overdue, late).when(withdraw, now=LATE).refused("mark_is_right")


def person(number: int) -> Sender:
    """Somebody, as himself."""
    of = f"person/{number}"
    return Sender(of, frozenset({of}))


class TestApproval:
    """With `final_needs_approval = true`."""

    past = (detected(), COMPLETED, REQUESTED)

    def test_completing_asks_for_the_approval_of_another_and_the_step_waits_for_it(self) -> None:
        events = decide(COMPLETE, folded(detected()), APPROVED, NOW, person(1))
        assert (COMPLETED, REQUESTED) == events
        state = folded(*self.past)
        assert (NOW, StepState.PENDING) == (state.rca_completed_at, state.steps[Step.RCA])
        assert not state.owes_rca

    def test_whoever_completed_it_does_not_approve_it(self) -> None:
        with pytest.raises(Refused) as refused:
            decide(c.ApproveRca(), folded(*self.past), APPROVED, NOW, person(1))
        assert "rca_approved_by_another" == refused.value.rule

    def test_another_approves_it_once_and_the_step_is_done(self) -> None:
        approve = c.ApproveRca(comment="Read.")
        events = decide(approve, folded(*self.past), APPROVED, NOW, person(2))
        assert (e.RcaApproved(at=NOW, comment="Read."),) == events
        state = folded(*self.past, *events)
        assert StepState.DONE is state.steps[Step.RCA]
        assert () == decide(approve, state, APPROVED, NOW, person(3))

    @pytest.mark.parametrize("approved", [False, True])
    def test_a_corrected_one_waits_for_an_approval_anew_and_not_by_who_corrected_it(
        self, *, approved: bool
    ) -> None:
        past = (*self.past, *((e.RcaApproved(at=NOW),) if approved else ()))
        amend = c.Amend(field="rca.summary", to="Another cause.", reason="It was wrong.")
        amended, requested = decide(amend, folded(*past), APPROVED, NOW, person(2))
        assert isinstance(amended, e.Amended)
        assert e.RcaApprovalRequested(at=NOW, author="person/2", also=("person/1",)) == requested
        state = folded(*past, amended, requested)
        assert (False, StepState.PENDING) == (state.rca_approved, state.steps[Step.RCA])
        for author in (1, 2):
            with pytest.raises(Refused) as refused:
                decide(c.ApproveRca(), state, APPROVED, NOW, person(author))
            assert "rca_approved_by_another" == refused.value.rule
        events = decide(c.ApproveRca(), state, APPROVED, NOW, person(3))
        assert StepState.DONE is folded(*past, amended, requested, *events).steps[Step.RCA]

    def test_what_is_corrected_elsewhere_leaves_the_approval(self) -> None:
        past = (*self.past, e.RcaApproved(at=NOW))
        amend = c.Amend(field="title", to="Another title", reason="It was wrong.")
        assert 1 == len(decide(amend, folded(*past), APPROVED, NOW, person(2)))

    def test_what_needed_no_approval_or_is_not_complete_is_not_approved(self) -> None:
        given(detected(), COMPLETED).when(c.ApproveRca()).refused("rca_needs_no_approval")
        given(detected()).when(c.ApproveRca()).refused("rca_not_complete")

    def test_a_near_miss_does_not_wait_for_it_until_it_is_an_incident(self) -> None:
        declared = e.NearMissDeclared(at=NOW, reason="r")
        withdrawn = e.NearMissWithdrawn(at=NOW, reason="r", counts=True)
        for past in ((*self.past, declared), (detected(), declared, COMPLETED, REQUESTED)):
            assert StepState.NOT_APPLICABLE is folded(*past).steps[Step.RCA]
            assert StepState.PENDING is folded(*past, withdrawn).steps[Step.RCA]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'preliminary_meets = false\nfinal_due_after = "P7D"',
            "preliminary_meets = true",
        ),
        ('final_due_after = "P7D"', 'final_due_after = "PT1H"'),
    ],
)
def test_a_policy_says_when_the_final_one_is_due(old: str, new: str) -> None:
    assert old in shipped()
    with pytest.raises(Invalid) as invalid:
        parse_policy(shipped().replace(old, new))
    assert ["rca.final_due_after"] == [path for path, _ in invalid.value.errors]


def test_a_policy_of_before_needs_no_approval_and_no_preliminary_one_meets_the_deadline() -> None:
    lines = shipped().splitlines(keepends=True)
    keys = ("preliminary_meets", "final_due_after", "final_needs_approval")
    before = "".join(each for each in lines if not each.startswith(keys))
    rca = parse_policy(before).rca
    assert (False, None, False) == (
        rca.preliminary_meets,
        rca.final_due_after,
        rca.final_needs_approval,
    )
