"""Parts of a year that are known by heart: who is first, and what happens between two looks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from ledger.domain.control import ControlReassessmentDue
from ledger.domain.improvement import ImprovementChecked, ImprovementProposed, ImprovementRecurred
from ledger.domain.risk import events as e
from projections.risks import RISKS
from tests.property.risk_year.audit import audit, look
from tests.property.risk_year.lives import BEGIN, DAY, HOUR, START
from tests.property.risk_year.naive import Step
from tests.property.risk_year.simulation import World, risk_id, world
from tests.property.risk_year.terms import Terms
from tests.unit.projections.toy import rows

DEADLINE = 20
SMALL: list[Step] = [
    ("assess", "a", "current", "rare", "minor", "rik"),
    ("request", "a", "pia", None),
]
"""A risk that many may accept, and somebody asks it of them."""
WORSE: Step = ("assess", "a", "current", "likely", "severe", "rik")


def accept(name: str) -> Step:
    return ("accept", "a", name, None, None, True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A world where a year begins."""
    with world(tmp_path / "world", START, Terms()) as opened:
        happen(opened, *BEGIN)
        yield opened


def happen(place: World, *steps: Step) -> None:
    for step in steps:
        place.happen(step)


def told(place: World, kind: type) -> list[Any]:
    return [each.event for each in place.log() if isinstance(each.event, kind)]


def row(place: World) -> dict[str, Any]:
    """The row of the first risk, once everything is shown."""
    happen(place, ("look",))
    look(place)
    return dict(rows(place.views, RISKS)[str(risk_id("a")),])


def test_two_persons_who_accept_a_risk_at_once_come_to_one_acceptance(place: World) -> None:
    happen(place, *SMALL)
    together = Barrier(2)

    def act(host: int, name: str) -> str:
        together.wait(DEADLINE)
        return place.act(accept(name), host)

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(act, host, name) for host, name in enumerate(("rik", "lea"))]
        done = sorted(future.result(DEADLINE) for future in futures)
    assert ["accepted_already", "done"] == done
    assert 1 == len(told(place, e.RiskAccepted))


def test_whoever_is_second_to_accept_is_told_so_when_he_is_about_to_be_first(place: World) -> None:
    happen(place, *SMALL, ("race", accept("rik"), accept("lea")))
    [accepted] = told(place, e.RiskAccepted)
    assert "person/lea" == accepted.person == row(place)["accepted_by"]


@pytest.mark.parametrize("who", ["rik", "lea"])
def test_what_is_assessed_anew_as_it_is_accepted_is_asked_for_no_more(
    place: World, who: str
) -> None:
    happen(place, *SMALL, ("race", accept(who), WORSE))
    assert [] == told(place, e.RiskAccepted)
    assert "none" == row(place)["acceptance"]


def test_what_is_accepted_as_it_is_assessed_anew_is_stale(place: World) -> None:
    happen(place, *SMALL, ("race", WORSE, accept("lea")))
    assert "stale" == row(place)["acceptance"]


def test_a_policy_that_is_adopted_as_a_risk_is_accepted_has_the_last_word(place: World) -> None:
    happen(place, *SMALL, ("race", accept("rik"), ("adopt", Terms(matrix="other"))))
    assert "holds" == row(place)["acceptance"]  # it judges the pair as the one before
    happen(place, ("withdraw", "a"), SMALL[0], SMALL[1])
    happen(place, ("race", accept("pia"), ("adopt", Terms(authority="strict"))))
    happen(place, ("race", accept("bob"), ("join", ("bob", "bob2"))))


def test_two_ids_that_are_found_to_be_one_humans_accept_nothing_of_each_other(place: World) -> None:
    asked = ("request", "a", "bob2", None)
    happen(place, SMALL[0], asked, ("race", accept("bob"), ("join", ("bob", "bob2"))))
    assert [] == told(place, e.RiskAccepted)


@pytest.mark.parametrize("name", ["bob", "bob2", "emil", "pia"])
def test_owners_askers_and_whoever_holds_no_role_accept_nothing(place: World, name: str) -> None:
    happen(place, ("join", ("bob", "bob2")), *SMALL, accept(name))
    assert [] == told(place, e.RiskAccepted)


def test_whoever_gives_a_risk_away_once_it_is_asked_for_does_not_accept_it(place: World) -> None:
    mine: Step = ("amend", "a", "lea", None)
    happen(place, mine, *SMALL, ("amend", "a", "emil", None), accept("lea"))
    assert [] == told(place, e.RiskAccepted)
    happen(place, ("withdraw", "a"), SMALL[1], accept("lea"))
    assert 1 == len(told(place, e.RiskAccepted))


def test_a_role_for_one_system_accepts_no_risk_of_the_organisation(place: World) -> None:
    for risk in ("a", "b"):
        happen(place, ("assess", risk, "current", "rare", "minor", "rik"))
        happen(place, ("request", risk, "emil", None), ("accept", risk, "sam", None, None, True))
    assert 1 == len(told(place, e.RiskAccepted))


def test_an_acceptance_that_ends_now_holds_no_more(place: World) -> None:
    happen(place, *SMALL, ("accept", "a", "rik", DAY, None, True), ("wait", DAY))
    assert "expired" == row(place)["acceptance"]
    happen(place, SMALL[1], ("accept", "a", "lea", DAY, None, True), ("wait", DAY), WORSE)
    assert "expired" == row(place)["acceptance"]


def test_an_acceptance_ends_at_its_time_whether_the_clock_was_there_or_not(place: World) -> None:
    happen(place, *SMALL, ("accept", "a", "rik", DAY, None, True), ("wait", 2 * DAY), WORSE)
    assert "expired" == row(place)["acceptance"]
    assert 1 == len(told(place, e.RiskAcceptanceExpired))


def test_a_change_calls_once_however_many_processes_read_it_and_die(place: World) -> None:
    happen(place, ("change", "eu", "2", None), ("race", ("follow",), ("follow",)))
    happen(place, ("die", 0, True), ("replay", 1_000), ("register_system", "rank"), ("replay", 5))
    assert 3 == len(told(place, ControlReassessmentDue))  # charter, and data of two systems
    assert 4 == len(told(place, ImprovementProposed))  # two of them people proposed before
    look_at_all(place)


def test_an_assessment_answers_every_change_before_it_and_none_after_it(place: World) -> None:
    assess: Step = ("assess_control", "data", "chat", ("effective", "partly"), None, True)
    happen(place, ("change", "eu", "2", DAY), ("change", "iso", "2", 4 * DAY), ("follow",))
    happen(place, assess, ("wait", 2 * DAY))
    look_at_all(place)
    happen(place, ("change", "iso", "3", DAY), ("follow",), ("wait", 4 * DAY))
    look_at_all(place)


def test_what_happens_again_in_its_time_is_known_once_and_afterwards_is_nothing(
    place: World,
) -> None:
    watched = {"kind": "no_recurrence", "incident": ("down", 0), "days": 2}
    done: list[Step] = [
        ("take_up", 0, "pia", 4 * DAY, watched),
        ("take_up", 1, "pia", 4 * DAY, watched),
        ("do", 0, "It.", "pia"),
        ("wait", HOUR),
    ]
    happen(place, ("strike", "down"), *done, ("strike", "slow"), ("strike", "down"))
    happen(place, ("follow",), ("do", 1, "It.", "pia"), ("wait", 2 * DAY), ("strike", "down"))
    look_at_all(place)
    assert 1 == len(told(place, ImprovementRecurred))
    assert ["effective"] == [each.result.value for each in told(place, ImprovementChecked)]


def look_at_all(place: World) -> None:
    """What people and processes did is shown as the naive computation has it."""
    happen(place, ("look",))
    look(place)


def test_what_a_year_comes_to_is_the_same_from_an_empty_read_model(
    place: World, tmp_path: Path
) -> None:
    happen(place, *SMALL, accept("rik"), ("analyse", 2, "down"), ("change", "iso", "2", HOUR))
    happen(place, ("wait", timedelta(days=400)))
    audit(place, tmp_path / "copy")
