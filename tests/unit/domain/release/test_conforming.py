"""What runs is judged each day: what passes no more is said once, and so is what does again."""

import pytest

from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.words import Decision
from tests.unit.domain.release.life import DAY, NOW, OWNER, Life


@pytest.fixture
def life() -> Life:
    """1 was decided go and runs."""
    made = Life()
    made.go("1")
    made.deploy("1")
    return made


def test_what_holds_is_not_spoken_of(life: Life) -> None:
    assert () == life.look("1")


def test_what_passes_no_more_is_said_once(life: Life) -> None:
    life.measure("1", "harmful output rate", 0.9)
    [found] = life.look("1")
    assert isinstance(found, e.ReleaseNonconforming)
    assert ("safety", "fail") == (found.requirement, found.verdict.value)
    assert {"safety": NOW} == life.release("1").nonconforming
    assert () == life.look("1")
    life.now += DAY
    life.measure("1", "harmful output rate", 0.1)
    assert (e.ReleaseConforming(at=NOW + DAY, requirement="safety"),) == life.look("1")
    assert () == life.look("1")


def test_a_waiver_that_ended_and_what_became_too_old() -> None:
    life = Life()
    life.ready()
    waive = c.WaiveRequirement(
        requirement="fairness",
        reason="R",
        control="C",
        until=NOW + DAY,
        role="product_owner",
    )
    life.retract(life.measure("2", "demographic parity difference", 0.9))
    life.tell("2", waive, OWNER)
    life.measure("2", "demographic parity difference", 0.9)
    life.sign()
    life.decide()
    life.deploy()
    assert () == life.look()
    life.now += DAY
    [found] = life.look()
    assert isinstance(found, e.ReleaseNonconforming)
    assert "fairness" == found.requirement
    life.now += 90 * DAY
    assert {"quality", "safety", "robustness", "way_back"} == {
        each.requirement for each in life.look() if isinstance(each, e.ReleaseNonconforming)
    }


def test_sign_offs_and_class_are_of_the_day_of_the_decision(life: Life) -> None:
    life.amend("1", change_class="standard")
    assert () == life.look("1")


def test_what_nobody_decided_is_not_judged(life: Life) -> None:
    life.deploy("2")
    assert () == life.look("2")


def test_decided_no_go_the_decision_itself_is_what_does_not_conform(life: Life) -> None:
    life.measure("1", "harmful output rate", 0.9)
    life.look("1")
    life.decide("1", Decision.NO_GO)
    [found] = life.look("1")
    assert isinstance(found, e.ReleaseNonconforming)
    assert ("decision", {"safety", "decision"}) == (
        found.requirement,
        set(life.release("1").nonconforming),
    )


def test_it_ends_with_the_deployment(life: Life) -> None:
    life.measure("1", "harmful output rate", 0.9)
    life.look("1")
    life.tell("1", c.UndeployRelease())
    assert {} == life.release("1").nonconforming
