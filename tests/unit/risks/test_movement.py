"""The movement of risks between two times, by the bands and scores that were recorded."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consumers.read_service.risk_movement import Moved, RiskChange, moved
from ledger.policy.risks import SHIPPED_RISKS, Risks
from tests.unit.risks.test_heat_map import SMALL

BEFORE, BEGINS, AFTER = "2026-10-01", "2026-10-15", "2026-11-01"
ROW = dict[str, Any]


def status(leaf: int, at: str, now: str = "open", of: str = "a") -> ROW:
    """A risk is open or closed from a time on."""
    return {"risk_id": of, "leaf": leaf, "status": now, "at": at}


def assessed(
    leaf: int, at: str, likelihood: str, impact: str, matrix: Risks = SHIPPED_RISKS, of: str = "a"
) -> ROW:
    """A current assessment, with what it came to by a matrix."""
    return {
        "band": matrix.band_of(likelihood, impact),
        "score": matrix.score_of(likelihood, impact),
        "matrix": matrix.digest,
        "risk_id": of,
        "leaf": leaf,
        "assessed_at": at,
        "likelihood": likelihood,
        "impact": impact,
    }


def change(
    statuses: list[ROW], assessments: list[ROW], risks: Risks = SHIPPED_RISKS
) -> RiskChange | None:
    """What became of the risk; None where it is not part of the movement."""
    found = moved(risks, ["a"], statuses, assessments, BEGINS).get("a")
    return None if found is None else found.change


def test_a_risk_that_was_identified_since_is_new_assessed_or_not() -> None:
    since = [status(1, AFTER)]
    assert RiskChange.NEW is change(since, [])
    assert RiskChange.NEW is change(since, [assessed(2, AFTER, "rare", "minor")])


def test_a_risk_that_was_closed_since_is_closed_though_it_came_since_too() -> None:
    assert RiskChange.CLOSED is change([status(1, BEFORE), status(2, AFTER, "closed")], [])
    assert RiskChange.CLOSED is change([status(1, AFTER), status(2, AFTER, "closed")], [])


def test_a_risk_that_was_closed_all_along_is_not_part_of_it() -> None:
    assert change([status(1, BEFORE), status(2, BEFORE, "closed")], []) is None


def test_a_risk_that_was_reopened_since_is_new_and_says_so() -> None:
    statuses = [status(1, BEFORE), status(2, BEFORE, "closed"), status(3, AFTER)]
    found = moved(SHIPPED_RISKS, ["a"], statuses, [], BEGINS)
    assert {"a": Moved(RiskChange.NEW, True, None, None)} == found


def test_an_open_risk_is_worse_better_or_the_same_by_its_band_and_then_its_score() -> None:
    opened, old = [status(1, BEFORE)], assessed(2, BEFORE, "possible", "moderate")
    for likelihood, impact, expected in (
        ("likely", "severe", RiskChange.WORSE),
        ("almost_certain", "negligible", RiskChange.BETTER),
        ("likely", "minor", RiskChange.BETTER),
        ("possible", "moderate", RiskChange.SAME),
    ):
        assert expected is change(opened, [old, assessed(3, AFTER, likelihood, impact)])


def test_without_an_assessment_a_risk_is_neither_better_nor_the_same() -> None:
    opened = [status(1, BEFORE)]
    assert RiskChange.NOT_ASSESSED is change(opened, [])
    assert RiskChange.ASSESSED is change(opened, [assessed(2, AFTER, "rare", "minor")])


def test_another_policy_alone_moves_no_risk() -> None:
    opened = [status(1, BEFORE)]
    labels_of_before = assessed(2, BEFORE, "possible", "moderate")
    assert RiskChange.SAME is change(opened, [labels_of_before], SMALL)


def test_bands_of_which_the_policy_has_one_no_more_are_not_compared() -> None:
    opened, old = [status(1, BEFORE)], assessed(2, BEFORE, "possible", "severe")
    new = assessed(3, AFTER, "yes", "large", SMALL)
    assert {old["band"]} - SMALL.bands.keys()
    assert RiskChange.NOT_COMPARED is change(opened, [old, new], SMALL)


def test_two_matrices_are_compared_by_the_recorded_bands_and_never_by_their_scores() -> None:
    opened, old = [status(1, BEFORE)], assessed(2, BEFORE, "possible", "moderate")
    turned = replace(SHIPPED_RISKS, matrix=tuple(reversed(SHIPPED_RISKS.matrix)))
    for likelihood, impact, expected in (
        ("rare", "severe", RiskChange.WORSE),
        ("possible", "moderate", RiskChange.SAME),
        ("almost_certain", "minor", RiskChange.BETTER),
    ):
        new = assessed(3, AFTER, likelihood, impact, turned)
        assert expected is change(opened, [old, new], turned), (new["band"], old["band"])
    same_band = next(
        assessed(3, AFTER, one, other, turned)
        for one in turned.likelihood
        for other in turned.impact
        if turned.band_of(one, other) == old["band"] and turned.score_of(one, other) > old["score"]
    )
    assert RiskChange.SAME is change(opened, [old, same_band], turned)


def test_what_was_assessed_at_the_beginning_itself_is_of_the_time_after_it() -> None:
    opened = [status(1, BEFORE)]
    assert RiskChange.ASSESSED is change(opened, [assessed(2, BEGINS, "rare", "minor")])


EVENTS = st.lists(
    st.tuples(st.sampled_from([BEFORE, AFTER]), st.sampled_from(["open", "closed", "yes", "no"])),
    max_size=12,
)


@given(EVENTS)
def test_the_change_is_that_of_looking_at_both_times_apart(events: list[tuple[str, str]]) -> None:
    ordered = sorted(events, key=lambda each: each[0])
    statuses = [status(0, BEFORE)]
    assessments: list[ROW] = []
    for leaf, (at, what) in enumerate(ordered, start=1):
        if what in {"open", "closed"}:
            statuses.append(status(leaf, at, what))
        else:
            assessments.append(assessed(leaf, at, what, "large", SMALL))
    assert _naive(ordered) is change(statuses, assessments, SMALL)


def _naive(events: list[tuple[str, str]]) -> RiskChange | None:
    """The same by one look at all that was there at each time."""

    def at(times: set[str]) -> tuple[bool, list[tuple[int, str]]]:
        those = [(leaf, what) for leaf, (when, what) in enumerate(events) if when in times]
        states = ["open", *(what for _, what in those if what in {"open", "closed"})]
        return states[-1] == "open", [each for each in those if each[1] in SMALL.likelihood]

    (was_open, old), (is_open, new) = at({BEFORE}), at({BEFORE, AFTER})
    came = any(when == AFTER and what == "open" for when, what in events)
    if not is_open:
        return RiskChange.CLOSED if was_open or came else None
    if not was_open:
        return RiskChange.NEW
    if not new:
        return RiskChange.NOT_ASSESSED
    if not old:
        return RiskChange.ASSESSED
    order = list(SMALL.likelihood)
    then, now = order.index(old[-1][1]), order.index(new[-1][1])
    if then == now:
        return RiskChange.SAME
    return RiskChange.WORSE if now > then else RiskChange.BETTER
