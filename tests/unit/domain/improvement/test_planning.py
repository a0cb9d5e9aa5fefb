"""Plan and Do: accepted by a criterion, put off, overdue, done."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ledger.domain import improvement as i
from ledger.domain.envelope import stream_id
from ledger.domain.identity import recurrence_id
from tests.unit.domain.improvement.life import (
    ADA,
    AGREED,
    BOB,
    BY_EVIDENCE,
    BY_METRIC,
    CHECKED,
    DONE,
    DONE_AT,
    DUE,
    EVE,
    FAILED,
    GROUP,
    IMPROVEMENT,
    INCIDENT,
    NOT_AGAIN,
    NOW,
    PROPOSED,
    UNTIL,
    agreed,
    done,
    given,
)
from tests.unit.domain.story import detected

ACCEPT = i.AcceptImprovement(owner=ADA, due=DUE)
FROM_ALERT = stream_id("incident", INCIDENT)


def test_the_organisation_is_improved_without_a_system() -> None:
    asked = i.ProposeImprovement(title="Charter", improvement_kind=i.ImprovementKind.ENHANCEMENT)
    [(_, (proposed,))] = given().when(asked).all()
    assert isinstance(proposed, i.ImprovementProposed)
    assert "" == proposed.system
    assert i.describe(proposed).startswith("Proposed for the organisation (enhancement;")


def test_it_is_accepted_with_a_metric_that_is_to_meet_a_target() -> None:
    asked = replace(
        ACCEPT,
        success_metric="latency p95",
        comparison=i.Comparing.AT_MOST,
        target=2.0,
        unit="s",
        within_days=30,
    )
    given(PROPOSED).when(asked).then(replace(AGREED, criterion=BY_METRIC))
    given(*agreed(BY_METRIC)).when(asked).nothing()
    given(*agreed()).when(asked).refused("improvement_decided")


def test_it_is_accepted_with_evidence_of_a_kind_that_the_policy_has() -> None:
    asked = replace(ACCEPT, success_evidence="dpia")
    criterion = replace(BY_EVIDENCE, evidence_kind="dpia")
    given(PROPOSED).when(asked).then(replace(AGREED, criterion=criterion))
    given(PROPOSED).when(replace(ACCEPT, success_evidence="poem")).invalid()


def test_what_is_not_to_happen_again_is_known_by_the_alert_group_of_its_incident() -> None:
    asked = replace(ACCEPT, no_recurrence=True)
    story = given(PROPOSED).beside(FROM_ALERT, detected(group=GROUP))
    story.when(asked).then(replace(AGREED, criterion=NOT_AGAIN))
    sooner = replace(NOT_AGAIN, within=timedelta(days=7))
    story.when(replace(asked, within_days=7)).then(replace(AGREED, criterion=sooner))


def test_an_incident_that_no_alert_opened_and_another_cause_have_nothing_to_recur() -> None:
    asked = replace(ACCEPT, no_recurrence=True)
    given(PROPOSED).beside(FROM_ALERT, detected()).when(asked).refused("nothing_to_recur")
    idea = replace(PROPOSED, cause=i.ImprovementCause(kind=i.CauseKind.PERSON))
    given(idea).when(asked).refused("nothing_to_recur")
    named = replace(PROPOSED, cause=i.ImprovementCause(kind=i.CauseKind.INCIDENT, ref="INC-7"))
    given(named).when(asked).refused("nothing_to_recur")


def test_an_incident_that_is_named_is_the_one_that_is_not_to_recur() -> None:
    idea = replace(PROPOSED, cause=i.ImprovementCause(kind=i.CauseKind.PERSON))
    asked = replace(ACCEPT, no_recurrence=True, incident=str(INCIDENT))
    story = given(idea).beside(FROM_ALERT, detected(group=GROUP))
    story.when(asked).then(replace(AGREED, criterion=NOT_AGAIN))


@pytest.mark.parametrize(
    "asked",
    [
        {"success_metric": "p95"},
        {"success_metric": "p95", "comparison": i.Comparing.LESS, "target": 2.0, "unit": "furlong"},
        {"target": 2.0},
        {"within_days": 30},
        {"incident": str(INCIDENT)},
        {"success_evidence": "dpia", "no_recurrence": True},
        {"success_evidence": "dpia", "unit": "s"},
    ],
    ids=str,
)
def test_half_a_criterion_or_two_are_none(asked: dict[str, object]) -> None:
    given(PROPOSED).beside(FROM_ALERT, detected(group=GROUP)).when(
        replace(ACCEPT, **asked)
    ).invalid()


def test_what_is_accepted_is_put_off_for_a_reason() -> None:
    asked = i.RescheduleImprovement(due=DUE + timedelta(days=9), reason="Ill.")
    changed = i.ImprovementDueChanged(at=NOW, from_=DUE, to=DUE + timedelta(days=9), reason="Ill.")
    given(*agreed()).when(asked).then(changed)
    given(*agreed(), changed).when(asked).nothing()
    given(*agreed()).when(replace(asked, due=NOW)).refused("due_after_now")
    given(PROPOSED).when(asked).refused("nothing_due")
    given(*done()).when(asked).refused("nothing_due")


def test_what_is_not_done_at_its_due_time_is_overdue_once_for_each() -> None:
    mark = i.MarkImprovementOverdue(due=DUE)
    overdue = i.ImprovementOverdue(at=DUE, due=DUE)
    given(*agreed()).at(DUE).when(mark).then(overdue)
    given(*agreed()).at(DUE - timedelta(seconds=1)).when(mark).nothing()
    given(*agreed(), overdue).at(DUE).when(mark).nothing()
    given(*done()).at(DUE).when(mark).nothing()
    later = DUE + timedelta(days=9)
    put_off = i.ImprovementDueChanged(at=DUE, from_=DUE, to=later, reason="Ill.")
    story = given(*agreed(), overdue, put_off).at(later)
    story.when(mark).nothing()
    story.when(replace(mark, due=later)).then(i.ImprovementOverdue(at=later, due=later))


def test_what_ends_a_due_time_that_has_passed_leaves_its_mark_before_the_clock_looked() -> None:
    late, overdue = DUE + timedelta(days=2), i.ImprovementOverdue(at=DUE, due=DUE)
    put_off = i.RescheduleImprovement(due=late + timedelta(days=9), reason="Ill.")
    for asked in (
        i.RecordImprovementDone(what="Asks first"),
        i.CloseImprovement(reason="Given up."),
        put_off,
    ):
        [(_, (mark, _event))] = given(*agreed()).at(late).when(asked).all()
        assert overdue == mark
        [(_, events)] = given(*agreed(), overdue).at(late).when(asked).all()
        assert overdue not in events
        [(_, events)] = given(*agreed()).at(DUE - timedelta(days=1)).when(asked).all()
        assert 1 == len(events)


def test_the_clock_looks_at_the_due_time_until_it_is_done() -> None:
    overdue = i.ImprovementOverdue(at=DUE, due=DUE)
    looks = i.IMPROVEMENT_DUE.next_at
    assert (DUE, None, None) == (
        looks(given(*agreed()).state),
        looks(given(*agreed(), overdue).state),
        looks(given(*done()).state),
    )


def test_whoever_records_that_it_was_done_is_on_record_with_everybody_that_he_counts_as() -> None:
    asked = i.RecordImprovementDone(what="Asks first")
    story = given(*agreed()).at(DONE_AT).by(BOB, ADA)
    story.when(asked).then(replace(DONE, persons=tuple(sorted((ADA, BOB)))))
    given(*done()).at(DONE_AT).by(EVE).when(asked).nothing()
    given(PROPOSED).when(asked).refused("done_before_accepted")
    given(*done()).when(replace(asked, what="Other")).refused("done_before_accepted")
    given(*done(), CHECKED).when(asked).refused("done_before_accepted")


def test_from_when_it_was_done_its_alert_group_is_watched() -> None:
    asked = i.RecordImprovementDone(what="Asks first")
    own, (stream, watched) = given(*agreed(NOT_AGAIN)).at(DONE_AT).by(BOB).when(asked).all()
    assert (replace(DONE, check_by=UNTIL),) == own.events
    assert stream_id("recurrence", recurrence_id(GROUP)) == stream
    assert (
        i.RecurrenceWatched(at=DONE_AT, improvement=IMPROVEMENT, since=DONE_AT, until=UNTIL),
    ) == watched


def test_what_had_no_effect_is_reopened_and_overdue_anew() -> None:
    again = DUE + timedelta(days=60)
    asked = i.ReopenImprovement(due=again, reason="Another way")
    reopened = i.ImprovementReopened(at=DONE_AT, reason="Another way", due=again)
    given(*done(), FAILED).at(DONE_AT).when(asked).then(reopened)
    given(*done(), CHECKED).at(DONE_AT).when(asked).refused("reopen_before_not_effective")
    given(*done(), FAILED).at(again).when(asked).refused("due_after_now")
    state = given(*done(NOT_AGAIN), FAILED, reopened).state
    assert (i.ImprovementStatus.ACCEPTED, again, None) == (state.status, state.due, state.done_at)
    assert again == i.IMPROVEMENT_DUE.next_at(state)
