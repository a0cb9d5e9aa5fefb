"""What a policy adds to the runbook: categories, steps owed, and RCA times by either."""

from datetime import timedelta
from typing import Any

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.clock import RCA, next_deadline
from ledger.domain.incident.steps import next_step, pending
from ledger.errors import Invalid, Refused
from ledger.policy import Policy, parse_policy
from ledger.vocabulary import Category, Severity, StepState
from tests.unit.domain.story import (
    DETECTED_AT,
    DUE,
    LATE,
    NOW,
    POLICY,
    Told,
    detected,
    folded,
    given,
)
from tests.unit.policy.extended import EXTENDED, TEXT, changed

HOUR = timedelta(hours=1)
LEGAL = e.OwedStep(step="legal_review", label="Legal review", after="rca", waivable=True)
BOARD = e.OwedStep(step="brief_board", label="Brief the board", after="communicate", waivable=True)
AUTHORITY = e.OwedStep(
    step="tell_authority", label="Tell the authority", after="communicate", waivable=False
)
DUE_AT_8 = DETECTED_AT + 8 * HOUR
OWING = detected(steps=(LEGAL,))


def classify(category: str, severity: Severity = Severity.CRITICAL) -> c.Classify:
    return c.Classify(category=category, severity=severity)


def classified(category: str, severity: Severity = Severity.CRITICAL, **more: Any) -> e.Classified:
    return e.Classified(at=NOW, category=category, severity=severity, counts=True, **more)


def done(step: e.OwedStep, note: str = "n") -> e.StepDone:
    return e.StepDone(at=NOW, step=step.step, label=step.label, note=note)


def decide(command: c.IncidentCommand, *past: e.IncidentEvent, policy: Policy = EXTENDED) -> Told:
    return given(*past).when(command, policy=policy)


def test_a_category_of_the_policy_is_taken_and_its_label_kept() -> None:
    state = decide(classify("prompt_injection", Severity.MEDIUM), OWING).then(
        classified("prompt_injection", Severity.MEDIUM, label="Prompt injection")
    )
    assert "prompt_injection" == state.category


def test_a_category_that_the_policy_does_not_have_is_refused_with_the_list_and_the_nearest() -> (
    None
):
    told = decide(classify("prompt_injektion"), detected())
    error = told.fails(Invalid)
    assert "Did you mean prompt_injection?" in error.message
    assert isinstance(error, Invalid)
    expected = f"expected one of {', '.join([*Category, 'prompt_injection'])}"
    assert [("category", expected)] == list(error.errors)
    decide(classify("prompt_injection"), detected(), policy=POLICY).fails(Invalid)


def test_detection_carries_the_steps_that_are_owed_and_none_of_others() -> None:
    report = c.Report(title="t", system="s", severity=Severity.CRITICAL)
    [event] = given().when(report, policy=EXTENDED).decided()
    assert isinstance(event, e.IncidentDetected)
    assert (BOARD, LEGAL) == event.steps
    assert NOW + 8 * HOUR == event.rca_due
    [plain] = given().when(report, policy=POLICY).decided()
    assert isinstance(plain, e.IncidentDetected)
    assert not plain.steps


def test_steps_stand_at_their_places() -> None:
    state = folded(detected(steps=(BOARD, LEGAL)))
    assert ["communicate", "brief_board", "classify"] == list(state.steps)[1:4]
    assert ["rca", "legal_review", "playbook"] == list(state.steps)[-3:]
    after = folded(detected(steps=(BOARD, LEGAL)), classified("data_breach", steps=(AUTHORITY,)))
    assert ["communicate", "tell_authority", "brief_board"] == list(after.steps)[1:4]
    first = e.OwedStep(step="wake_up", label="Wake up", after=None, waivable=True)
    assert "wake_up" == next_step(folded(detected(steps=(first,))).steps)


def test_a_classification_adds_what_then_is_owed_and_keeps_what_was() -> None:
    state = decide(classify("data_breach"), OWING).then(
        classified(
            "data_breach",
            rca_due=DUE_AT_8,
            at_risk_at=DETECTED_AT + 4 * HOUR,
            steps=(AUTHORITY, _after(BOARD, "tell_authority")),
        )
    )
    assert StepState.PENDING is state.steps["tell_authority"]
    again = Told(state, classify("infra_error", Severity.LOW), NOW, EXTENDED).decided()
    [event] = again
    assert isinstance(event, e.Classified)
    assert not event.steps


def _after(step: e.OwedStep, before: str) -> e.OwedStep:
    return e.OwedStep(step=step.step, label=step.label, after=before, waivable=step.waivable)


def test_a_step_of_every_incident_is_owed_by_those_detected_since_it_is_in_the_policy() -> None:
    [event] = decide(classify("infra_error", Severity.LOW), detected()).decided()
    assert isinstance(event, e.Classified)
    assert not event.steps


def test_another_severity_adds_steps_and_moves_the_due_time() -> None:
    amend = c.Amend(field="severity", to="critical", reason="r")
    [event] = decide(amend, OWING).decided()
    assert isinstance(event, e.Amended)
    assert (BOARD,) == event.steps
    assert (DUE_AT_8, DETECTED_AT + 4 * HOUR) == (event.rca_due, event.at_risk_at)


def test_closing_waits_for_a_step_of_the_policy() -> None:
    waived = [e.StepWaived(at=NOW, step=step, reason="r") for step in _RUNBOOK]
    past: tuple[e.IncidentEvent, ...] = (OWING, *waived)
    told = decide(c.Close(reason="r"), *past, e.RcaCompleted(at=NOW, summary="s", root_cause="r"))
    told.refused("steps_pending")
    assert "Do legal_review next, or waive it" in told.fails(Refused).remedy
    decide(
        c.Close(reason="r"),
        *past,
        e.RcaCompleted(at=NOW, summary="s", root_cause="r"),
        done(LEGAL),
    ).then(e.Closed(at=NOW, reason="r"))


_RUNBOOK = ("contain", "communicate", "classify", "ticket", "notify_risk_manager", "playbook")


def test_a_step_of_the_policy_is_done_with_a_note_once() -> None:
    state = decide(c.DoStep(step="legal_review", note="n"), OWING).then(done(LEGAL))
    assert StepState.DONE is state.steps["legal_review"]
    assert "legal_review" not in pending(state.steps)
    Told(state, c.DoStep(step="legal_review", note="n"), NOW, EXTENDED).nothing()
    other = c.DoStep(step="legal_review", note="other")
    Told(state, other, NOW, EXTENDED).refused("step_already_done")


def test_a_step_that_is_not_owed_is_refused_with_the_nearest() -> None:
    error = decide(c.DoStep(step="legal_revue", note="n"), OWING).fails(Invalid)
    assert "Did you mean legal_review?" in error.message
    decide(c.DoStep(step="legal_review", note="n"), detected()).fails(Invalid)


def test_a_step_of_the_runbook_is_done_by_its_own_command() -> None:
    decide(c.DoStep(step="contain", note="n"), OWING).refused("step_has_its_command")


def test_a_step_cannot_have_been_done_in_the_future() -> None:
    command = c.DoStep(step="legal_review", note="n", at=LATE)
    decide(command, OWING).refused("not_in_the_future")


def test_a_step_of_the_policy_is_waived_where_the_policy_lets_it() -> None:
    waive = c.WaiveStep(step="legal_review", reason="r")
    waived = e.StepWaived(at=NOW, step="legal_review", reason="r", label="Legal review")
    state = decide(waive, OWING).then(waived)
    assert StepState.WAIVED is state.steps["legal_review"]
    breach = (OWING, classified("data_breach", steps=(AUTHORITY,)))
    waive = c.WaiveStep(step="tell_authority", reason="r")
    decide(waive, *breach).refused("step_cannot_be_waived")
    decide(waive, *breach, policy=POLICY).refused("step_cannot_be_waived")


def test_a_step_that_was_owed_by_what_the_incident_is_not_any_more_can_be_waived() -> None:
    past = (
        OWING,
        classified("data_breach", steps=(AUTHORITY,)),
        classified("infra_error"),
    )
    [event] = decide(c.WaiveStep(step="tell_authority", reason="r"), *past).decided()
    assert isinstance(event, e.StepWaived)


def test_a_due_time_that_has_passed_stays_whatever_the_class() -> None:
    for now in (DUE, LATE):
        told = given(OWING).when(classify("infra_error", Severity.LOW), now, EXTENDED)
        [event] = told.decided()
        assert isinstance(event, e.Classified)
        assert not event.rca_due


def test_a_due_time_never_moves_to_before_the_classification() -> None:
    now = DETECTED_AT + 10 * HOUR
    [event] = given(OWING).when(classify("infra_error"), now, EXTENDED).decided()
    assert isinstance(event, e.Classified)
    assert (now, now) == (event.rca_due, event.at_risk_at)


def test_a_due_time_that_is_still_ahead_may_move_to_a_later_one() -> None:
    [event] = decide(classify("infra_error", Severity.LOW), OWING).decided()
    assert isinstance(event, e.Classified)
    assert DETECTED_AT + 72 * HOUR == event.rca_due


def test_a_policy_adopted_since_moves_no_due_time_that_the_class_does_not_bear_on() -> None:
    sooner = parse_policy(changed(TEXT, ('due_after = "PT24H"', 'due_after = "PT6H"')))
    told = decide(classify("infra_error", Severity.HIGH), OWING, policy=sooner)
    [event] = told.decided()
    assert isinstance(event, e.Classified)
    assert not event.rca_due
    past = (OWING, classified("infra_error"))
    [event] = decide(classify("safety_failure"), *past).decided()
    assert isinstance(event, e.Classified)
    assert not event.rca_due


def test_the_due_time_of_a_complete_rca_stays() -> None:
    past = (OWING, e.RcaCompleted(at=NOW, summary="s", root_cause="r"))
    [event] = decide(classify("infra_error"), *past).decided()
    assert isinstance(event, e.Classified)
    assert not event.rca_due


def test_the_clock_follows_a_due_time_that_a_classification_moved() -> None:
    moved = classified("infra_error", rca_due=DUE_AT_8, at_risk_at=DETECTED_AT + 4 * HOUR)
    assert DETECTED_AT + 4 * HOUR == RCA.sets[e.Classified](moved)
    assert RCA.sets[e.Classified](classified("infra_error")) is None
    state = folded(OWING, moved)
    assert DETECTED_AT + 4 * HOUR == next_deadline(state)
    marked = folded(OWING, e.RcaAtRisk(at=DUE - 4 * HOUR, due=DUE), moved)
    assert DETECTED_AT + 4 * HOUR == next_deadline(marked)


def test_a_corrected_detection_takes_the_time_of_what_the_incident_is() -> None:
    amend = c.Amend(field="detected_at", to="2026-03-10T07:00:00Z", reason="r")
    [event] = decide(amend, OWING, classified("infra_error")).decided()
    assert isinstance(event, e.Amended)
    assert DETECTED_AT + 7 * HOUR == event.rca_due
    assert not event.steps
