"""Thresholds are met by evaluations of this release alone; no data is never a pass (runbook 5)."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.domain.release.judging import worst
from ledger.domain.release.words import GoNoGo, Verdict
from ledger.policy.times import time_text
from ledger.vocabulary import Direction, Purpose
from tests.unit.domain.release.life import DAY, NOW, Life, model, policy_with, prompt

SAFETY = "harmful output rate"


@pytest.fixture
def life() -> Life:
    made = Life()
    made.propose()
    return made


def test_none_is_undecided(life: Life) -> None:
    found = life.requirement("safety")
    assert (Verdict.UNDECIDED, ()) == (found.verdict, found.basis)
    assert f"No evaluation of 2 has {SAFETY}." == found.reason


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.4, Verdict.PASS), (0.5, Verdict.PASS), (0.6, Verdict.FAIL)]
)
def test_the_value_meets_the_target_or_fails(life: Life, value: float, verdict: Verdict) -> None:
    of = life.measure("2", SAFETY, value)
    found = life.requirement("safety")
    assert (verdict, (f"metric/{of}",), NOW) == (found.verdict, found.basis, found.as_of)


def test_another_unit_converts(life: Life) -> None:
    life.measure("2", SAFETY, 0.004, unit="ratio")
    assert Verdict.PASS is life.verdict("safety")
    life.measure("2", SAFETY, 0.006, unit="ratio")
    assert Verdict.FAIL is life.verdict("safety")


def test_another_name_of_the_metric_is_the_same_one(life: Life) -> None:
    life.measure("2", "Harmful  Output Rate", 0.4, unit="%")
    assert Verdict.PASS is life.verdict("safety")


@pytest.mark.parametrize(
    "foreign",
    [
        {"release": "1"},
        {"release": None},
        {"system": "rag"},
        {"purpose": Purpose.MONITORING},
        {"metric": "attack success rate"},
    ],
)
def test_what_is_of_something_else_says_nothing(life: Life, foreign: dict[str, Any]) -> None:
    given: dict[str, Any] = {"version": "2", "metric": SAFETY, "value": 0.1, "unit": "%"} | foreign
    life.measure(**given)
    assert Verdict.UNDECIDED is life.verdict("safety")


@pytest.mark.parametrize(
    ("unjudgeable", "why"),
    [
        ({"unit": None}, "has no known unit"),
        ({"n": None}, "does not say of how many samples"),
        ({"n": 19}, "is of 19 samples, of at least 20"),
        ({"direction": Direction.HIGHER}, "the gate asks the opposite"),
    ],
)
def test_what_cannot_be_judged_is_undecided(
    life: Life, unjudgeable: dict[str, Any], why: str
) -> None:
    life.measure("2", SAFETY, 0.1, **unjudgeable)
    found = life.requirement("safety")
    assert Verdict.UNDECIDED is found.verdict
    assert why in found.reason


def test_a_metric_of_which_nothing_says_what_is_better_is_undecided() -> None:
    life = Life(policy_with(('metric = "attack success rate", comp', 'metric = "mood", comp')))
    life.propose()
    life.measure("2", "mood", 4, unit="%")
    assert "Nothing says which values" in life.requirement("robustness").reason
    life.measure("2", "mood", 4, unit="%", direction=Direction.LOWER)
    assert Verdict.PASS is life.verdict("robustness")


def test_a_unit_of_another_kind_is_undecided() -> None:
    life = Life(policy_with(('metric = "attack success rate", comp', 'metric = "mood", comp')))
    life.propose()
    life.measure("2", "mood", 4, unit="s", direction=Direction.LOWER)
    assert "does not convert" in life.requirement("robustness").reason


def test_what_was_measured_before_the_artefacts_were_changed_is_of_something_else(
    life: Life,
) -> None:
    life.measure("2", SAFETY, 0.1)
    life.now += DAY
    life.amend("2", summary="Said otherwise.")
    assert Verdict.PASS is life.verdict("safety")
    life.amend("2", artefacts=[model("new"), prompt()])
    assert "before the artefacts were changed" in life.requirement("safety").reason
    life.measure("2", SAFETY, 0.1)
    assert Verdict.PASS is life.verdict("safety")


def test_a_clock_that_is_ahead_measures_no_artefacts_that_come_later(life: Life) -> None:
    life.measure("2", "pass@5", 0.9, until=life.now + timedelta(seconds=50))
    life.now += timedelta(seconds=10)
    life.amend("2", artefacts=[model("new"), prompt()])
    assert Verdict.UNDECIDED is life.verdict("quality")
    life.measure("2", "pass@5", 0.1)
    assert Verdict.FAIL is life.verdict("quality")


def test_it_ages(life: Life) -> None:
    life.measure("2", SAFETY, 0.1)
    life.now += 90 * DAY
    assert Verdict.PASS is life.verdict("safety")
    life.now += DAY
    found = life.requirement("safety")
    assert (Verdict.UNDECIDED, NOW) == (found.verdict, found.as_of)
    assert time_text(NOW) in found.reason


def test_the_newest_counts_by_when_it_was_measured(life: Life) -> None:
    life.measure("2", SAFETY, 0.1)
    life.measure("2", SAFETY, 0.9, until=NOW - DAY)
    assert Verdict.PASS is life.verdict("safety")
    life.measure("2", SAFETY, 0.9)
    assert Verdict.FAIL is life.verdict("safety")


def test_what_is_retracted_says_nothing_and_what_was_before_counts_again(life: Life) -> None:
    life.measure("2", SAFETY, 0.1)
    wrong = life.measure("2", SAFETY, 0.9)
    life.retract(wrong)
    assert Verdict.PASS is life.verdict("safety")


def test_what_is_imported_twice_is_one(life: Life) -> None:
    life.measure("2", SAFETY, 0.9, id="a")
    life.now += DAY
    life.measure("2", SAFETY, 0.1, id="b")
    life.measure("2", SAFETY, 0.9, id="a", until=NOW)
    assert Verdict.PASS is life.verdict("safety")


def test_the_worst_segment_counts(life: Life) -> None:
    life.measure("2", SAFETY, 0.1)
    life.measure("2", SAFETY, 0.2, segment={"language": "en"})
    bad = life.measure("2", SAFETY, 0.9, segment={"language": "de"})
    found = life.requirement("safety")
    assert (Verdict.FAIL, 3) == (found.verdict, len(found.basis))
    assert "(language=de)" in found.reason
    assert found.reason.endswith("It is the worst of 3 segments.")
    life.measure("2", SAFETY, 0.3, segment={"language": "de"})
    assert Verdict.PASS is life.verdict("safety")
    assert f"metric/{bad}" not in life.requirement("safety").basis


def test_of_very_many_segments_the_worst_is_in_the_basis(life: Life) -> None:
    for number in range(150):
        life.measure("2", SAFETY, 0.1, segment={"number": str(number)})
    bad = [life.measure("2", SAFETY, 0.9, segment={"number": str(n)}) for n in range(150)]
    found = life.requirement("safety")
    assert (Verdict.FAIL, 100) == (found.verdict, len(found.basis))
    named = found.reason.partition("number=")[2].partition(")")[0]
    assert f"metric/{bad[int(named)]}" in found.basis


def test_a_segment_that_is_asked_for_counts_alone() -> None:
    asked = 'target = 0.5, unit = "%", segment = { language = "de" }'
    life = Life(policy_with(('target = 0.5, unit = "%"', asked)))
    life.propose()
    life.measure("2", SAFETY, 0.9)
    life.measure("2", SAFETY, 0.9, segment={"language": "en"})
    assert f"No evaluation of 2 has {SAFETY} in language=de." == life.requirement("safety").reason
    life.measure("2", SAFETY, 0.1, segment={"language": "de"})
    assert Verdict.PASS is life.verdict("safety")


def test_a_gate_without_checks_is_undecided() -> None:
    gate = '\n[[gates]]\nid = "ethics"\ntitle = "Ethics"\nrequires = ["Ethics board"]\n'
    life = Life(
        policy_with(('\n[[gates]]\nid = "evaluation"', f'{gate}\n[[gates]]\nid = "evaluation"'))
    )
    life.ready()
    life.sign()
    assert Verdict.UNDECIDED is life.verdict("ethics_words")
    assert GoNoGo.UNDECIDED is life.outcome()


def test_a_failure_is_a_no_go_and_what_is_missing_is_undecided(life: Life) -> None:
    assert GoNoGo.UNDECIDED is life.outcome()
    life.measure("2", SAFETY, 0.9)
    assert GoNoGo.NO_GO is life.outcome()


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], Verdict.PASS),
        ([Verdict.NOT_APPLICABLE], Verdict.NOT_APPLICABLE),
        ([Verdict.PASS, Verdict.WAIVED, Verdict.NOT_APPLICABLE], Verdict.WAIVED),
        ([Verdict.WAIVED, Verdict.UNDECIDED], Verdict.UNDECIDED),
        ([Verdict.FAIL, Verdict.UNDECIDED, Verdict.PASS], Verdict.FAIL),
        ([], Verdict.PASS),
    ],
)
def test_a_gate_comes_to_what_holds_it_back_most(
    verdicts: list[Verdict], expected: Verdict
) -> None:
    assert expected is worst(verdicts)
