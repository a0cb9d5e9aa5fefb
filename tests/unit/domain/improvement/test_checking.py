"""Check: whether it had its effect, by others than those who did it, and by the clock."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain import improvement as i
from ledger.domain.envelope import Event, stream_id
from ledger.domain.evidence import (
    EvidenceApproved,
    EvidenceFiled,
    EvidenceRejected,
    EvidenceWithdrawn,
)
from ledger.domain.improvement.recurrence import Watched
from ledger.domain.metric import Measured, Retracted
from ledger.vocabulary import Purpose
from tests.unit.domain.improvement.life import (
    ACTED,
    ADA,
    BOB,
    BY_EVIDENCE,
    BY_METRIC,
    CHECKED,
    DONE_AT,
    EVE,
    FAILED,
    NOT_AGAIN,
    UNTIL,
    agreed,
    done,
    given,
)

EVIDENCE = str(UUID(int=50))
MEASUREMENT = str(UUID(int=60))
AT = DONE_AT + timedelta(days=3)
EFFECTIVE = i.CheckImprovement(result=i.CheckResult.EFFECTIVE, basis="Looked.")
SHOWN = replace(EFFECTIVE, evidence=[EVIDENCE])
MEASURED = replace(EFFECTIVE, measurement=MEASUREMENT)
NOT = replace(EFFECTIVE, result=i.CheckResult.NOT_EFFECTIVE)
UNKNOWN = replace(EFFECTIVE, result=i.CheckResult.INCONCLUSIVE)
OF_EVIDENCE = stream_id("evidence", UUID(EVIDENCE))
OF_MEASUREMENT = stream_id("metric", UUID(MEASUREMENT))
RECURRED = i.ImprovementRecurred(at=AT, incident=UUID(int=8))


def filed(**changes: Any) -> EvidenceFiled:
    facts: dict[str, Any] = {
        "at": AT,
        "evidence_kind": "test_report",
        "title": "Report",
        "digest": "b" * 64,
        "system": "chat",
    }
    return EvidenceFiled(**facts | changes)


def approved(**changes: Any) -> EvidenceApproved:
    facts: dict[str, Any] = {"at": AT, "person": BOB, "role": "risk_manager"}
    return EvidenceApproved(**facts | changes)


def measured(**changes: Any) -> Measured:
    facts: dict[str, Any] = {
        "at": AT,
        "system": "chat",
        "metric": "p95",
        "value": 1900.0,
        "unit": "ms",
        "n": 250,
        "purpose": Purpose.MONITORING,
    }
    return Measured(**facts | changes)


def test_somebody_else_checks_it_once_it_was_done() -> None:
    expected = replace(CHECKED, at=AT)
    given(*done()).at(AT).when(EFFECTIVE).then(expected)
    given(*done(), expected).at(AT).when(EFFECTIVE).nothing()
    given(*done()).at(AT).when(NOT).then(replace(FAILED, at=AT))
    given(*agreed()).when(EFFECTIVE).refused("check_before_done")


@pytest.mark.parametrize("result", list(i.CheckResult))
def test_nobody_checks_what_he_owns_or_did_himself_or_for_another(result: i.CheckResult) -> None:
    asked = replace(EFFECTIVE, result=result)
    for counts_as in ((ADA,), (BOB,), (EVE, ADA), (EVE, BOB)):
        given(*done()).at(AT).by(*counts_as).when(asked).refused("own_check")
    given(*done()).at(AT).by(EVE).when(asked).all()


def test_whoever_records_it_as_done_for_somebody_keeps_him_from_checking_it() -> None:
    story = given(*agreed()).at(DONE_AT).by(BOB, EVE)
    [(_, (event,))] = story.when(i.RecordImprovementDone(what="Asks first")).all()
    assert isinstance(event, i.ImprovementDone)
    given(*agreed(), event).at(AT).by(EVE).when(EFFECTIVE).refused("own_check")


def test_what_was_effective_is_found_not_effective_later_and_nothing_else() -> None:
    for before in ((CHECKED,), (CHECKED, ACTED)):
        given(*done(), *before).at(AT).when(NOT).then(replace(FAILED, at=AT))
        given(*done(), *before).at(AT).when(UNKNOWN).refused("check_before_done")
    given(*done(), FAILED).at(AT).when(EFFECTIVE).refused("check_before_done")


def test_an_inconclusive_check_leaves_it_to_be_checked_again() -> None:
    unknown = replace(CHECKED, at=AT, result=i.CheckResult.INCONCLUSIVE)
    given(*done()).at(AT).when(UNKNOWN).then(unknown)
    story = given(*done(), unknown).at(AT)
    assert i.ImprovementStatus.DONE is story.state.status
    story.when(EFFECTIVE).then(replace(CHECKED, at=AT))


def test_approved_evidence_of_the_kind_shows_its_effect() -> None:
    story = given(*done(BY_EVIDENCE)).at(AT).beside(OF_EVIDENCE, filed(), approved())
    story.when(SHOWN).then(replace(CHECKED, at=AT, evidence=(EVIDENCE,)))
    given(*done(BY_EVIDENCE)).at(AT).when(NOT).then(replace(FAILED, at=AT))
    organisations = filed(system=UNSET)
    story = given(*done(BY_EVIDENCE)).at(AT).beside(OF_EVIDENCE, organisations, approved())
    story.when(SHOWN).then(replace(CHECKED, at=AT, evidence=(EVIDENCE,)))


def test_a_name_of_the_system_in_another_case_is_the_same_system() -> None:
    for name in ("Chat", " chat "):
        story = given(*done(BY_METRIC)).at(AT).beside(OF_MEASUREMENT, measured(system=name))
        story.when(MEASURED).all()
        story = given(*done(BY_EVIDENCE)).at(AT).beside(OF_EVIDENCE, filed(system=name), approved())
        story.when(SHOWN).all()


@pytest.mark.parametrize(
    "events",
    [
        (filed(),),
        (filed(), approved(conditions=("Repeat it.",))),
        (filed(), approved(until=AT)),
        (filed(), approved(), EvidenceRejected(at=AT, person=ADA, role="qa", reason="Old.")),
        (filed(), approved(), EvidenceWithdrawn(at=AT, reason="Wrong.")),
        (filed(valid_until=AT), approved()),
        (filed(evidence_kind="dpia"), approved()),
        (filed(system="search"), approved()),
    ],
    ids=(
        "not_approved",
        "on_condition",
        "approval_ended",
        "rejected_by_another",
        "withdrawn",
        "expired",
        "another_kind",
        "another_system",
    ),
)
def test_evidence_that_does_not_hold_shows_no_effect(events: tuple[Event, ...]) -> None:
    story = given(*done(BY_EVIDENCE)).at(AT).beside(OF_EVIDENCE, *events)
    story.when(SHOWN).refused("evidence_does_not_show_it")
    story.when(EFFECTIVE).refused("evidence_does_not_show_it")
    story.when(replace(UNKNOWN, evidence=[EVIDENCE])).all()


@pytest.mark.parametrize(
    "changes",
    [{}, {"value": 2.0, "unit": "s"}, {"since": DONE_AT}, {"purpose": Purpose.EVALUATION}],
    ids=str,
)
def test_a_measurement_after_it_was_done_shows_that_the_target_is_met(
    changes: dict[str, Any],
) -> None:
    story = given(*done(BY_METRIC)).at(AT).beside(OF_MEASUREMENT, measured(**changes))
    story.when(MEASURED).then(replace(CHECKED, at=AT, measurement=MEASUREMENT))


@pytest.mark.parametrize(
    "events",
    [
        (),
        (measured(value=2001.0),),
        (measured(unit=UNSET),),
        (measured(unit="%"),),
        (measured(n=UNSET),),
        (measured(metric="availability"),),
        (measured(system="search"),),
        (measured(at=DONE_AT),),
        (measured(since=DONE_AT - timedelta(seconds=1)),),
        (measured(), Retracted(at=AT, reason="Wrong clock.")),
    ],
    ids=(
        "none",
        "missed",
        "no_unit",
        "another_unit",
        "no_samples",
        "another_metric",
        "another_system",
        "not_after_it",
        "begun_before_it",
        "retracted",
    ),
)
def test_a_measurement_that_does_not_show_it_is_no_effect(events: tuple[Event, ...]) -> None:
    story = given(*done(BY_METRIC)).at(AT).beside(OF_MEASUREMENT, *events)
    story.when(MEASURED).refused("measurement_does_not_show_it")
    story.when(EFFECTIVE).refused("measurement_does_not_show_it")
    story.when(replace(UNKNOWN, measurement=MEASUREMENT)).all()


@pytest.mark.parametrize(
    ("comparison", "met"),
    [
        (i.Comparing.LESS, [1.9]),
        (i.Comparing.AT_MOST, [1.9, 2.0]),
        (i.Comparing.MORE, [2.1]),
        (i.Comparing.AT_LEAST, [2.0, 2.1]),
    ],
)
def test_each_comparison_is_what_it_says(comparison: i.Comparing, met: list[float]) -> None:
    of = replace(BY_METRIC, comparison=comparison)
    for value in (1.9, 2.0, 2.1):
        story = given(*done(of)).at(AT).beside(OF_MEASUREMENT, measured(value=value, unit="s"))
        if value in met:
            story.when(MEASURED).all()
        else:
            story.when(MEASURED).refused("measurement_does_not_show_it")


def test_that_nothing_happens_again_is_not_known_before_the_time_has_passed() -> None:
    before = UNTIL - timedelta(seconds=1)
    given(*done(NOT_AGAIN)).at(before).when(EFFECTIVE).refused("too_early_to_tell")
    given(*done(NOT_AGAIN)).at(before).when(NOT).then(replace(FAILED, at=before))


def test_that_nothing_happened_again_is_for_the_clock_to_say() -> None:
    later = UNTIL + timedelta(days=9)
    for now in (UNTIL, later):
        given(*done(NOT_AGAIN)).at(now).when(EFFECTIVE).refused("too_early_to_tell")


def clock(
    *events: i.ImprovementEvent,
    incidents: tuple[UUID, ...] = (),
    silent: timedelta = timedelta(),
    now: datetime = UNTIL,
) -> tuple[i.ImprovementEvent, ...]:
    return i.checking.by_clock(given(*events).state, incidents, silent, now)


def test_the_clock_finds_it_effective_where_nothing_recurred_and_names_no_person() -> None:
    [found] = clock(*done(NOT_AGAIN))
    assert isinstance(found, i.ImprovementChecked)
    assert (i.CheckResult.EFFECTIVE, UNSET) == (found.result, found.person)
    assert i.describe(found).startswith("Checked by the clock: effective. The same alerts opened")
    assert () == clock(*done(NOT_AGAIN), found)
    assert () == clock(*done(NOT_AGAIN), now=UNTIL - timedelta(seconds=1))
    assert () == clock(*done(NOT_AGAIN), RECURRED)
    assert () == clock(*agreed(NOT_AGAIN))


def test_what_a_silent_source_might_have_told_is_no_effect_and_is_for_a_person_to_say() -> None:
    tenth = (UNTIL - DONE_AT) / 10
    [heard] = clock(*done(NOT_AGAIN), silent=tenth)
    [found] = clock(*done(NOT_AGAIN), silent=tenth + timedelta(seconds=1))
    assert isinstance(heard, i.ImprovementChecked)
    assert isinstance(found, i.ImprovementChecked)
    assert (i.CheckResult.EFFECTIVE, i.CheckResult.INCONCLUSIVE) == (heard.result, found.result)
    assert "hours nobody heard them" in i.describe(found)
    looked = given(*done(NOT_AGAIN), found)
    assert () == clock(*done(NOT_AGAIN), found)
    assert i.IMPROVEMENT_CHECK.next_at(looked.state) is None
    looked.at(UNTIL).when(EFFECTIVE).all()
    unsure = given(*done(NOT_AGAIN), found, replace(CHECKED, result=UNKNOWN.result))
    assert i.IMPROVEMENT_CHECK.next_at(unsure.state) is None


def test_the_clock_records_what_recurred_and_nobody_had_recorded_yet() -> None:
    again = UUID(int=8)
    expected = i.ImprovementRecurred(at=UNTIL, incident=again)
    assert (expected,) == clock(*done(NOT_AGAIN), incidents=(again,))


def test_the_clock_judges_no_other_criterion() -> None:
    assert () == clock(*done(BY_METRIC))
    assert () == clock(*done())
    looks = i.IMPROVEMENT_CHECK.next_at
    unknown = replace(CHECKED, result=i.CheckResult.INCONCLUSIVE)
    assert (UNTIL, UNTIL, None, None, None) == (
        looks(given(*done(NOT_AGAIN)).state),
        looks(given(*done(NOT_AGAIN), unknown).state),
        looks(given(*done(NOT_AGAIN), RECURRED).state),
        looks(given(*done(BY_METRIC)).state),
        looks(given(*done()).state),
    )


def test_what_a_group_opened_at_the_instant_that_it_was_done_was_before_it() -> None:
    watched = Watched(DONE_AT, UNTIL)
    instant = timedelta(microseconds=1)
    times = (DONE_AT, DONE_AT + instant, UNTIL - instant, UNTIL)
    assert [False, True, True, False] == [watched.has(each) for each in times]
