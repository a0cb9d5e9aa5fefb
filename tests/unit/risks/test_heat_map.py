"""The heat map: each risk is counted once, in the cell of its labels or apart."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consumers.read_service.risk_map import placed, standing
from ledger.domain.risk.words import RiskLevel
from ledger.policy.risks import SHIPPED_RISKS, RiskBand, Risks

SMALL = Risks(
    likelihood={"no": "No", "maybe": "Maybe", "yes": "Yes"},
    impact={"small": "Small", "large": "Large"},
    bands={
        "fine": RiskBand(label="Fine"),
        "bad": RiskBand(label="Bad", reviewed_every=timedelta(days=30)),
    },
    matrix=(("fine", "fine"), ("fine", "bad"), ("bad", "bad")),
    tolerated="fine",
    categories={"other": "Other"},
)
"""A matrix of another size than the shipped one."""
OLD = (*SHIPPED_RISKS.likelihood, "daily")
LABELS = st.one_of(st.none(), st.sampled_from([*SMALL.likelihood, *OLD]))
IMPACTS = st.one_of(st.none(), st.sampled_from([*SMALL.impact, *SHIPPED_RISKS.impact]))


def row(of: str, likelihood: str | None, impact: str | None) -> dict[str, Any]:
    """A row of the register with its current assessment."""
    return {"risk_id": of, "current_likelihood": likelihood, "current_impact": impact}


def test_a_risk_stands_in_the_cell_of_its_labels_by_a_matrix_of_any_size() -> None:
    found = placed(SMALL, RiskLevel.CURRENT, [row("a", "yes", "small"), row("b", "yes", "small")])
    assert {("yes", "small"): 2} == dict(found.counts)
    assert ([], []) == (found.not_assessed, found.outdated)


def test_a_risk_without_an_assessment_is_apart_and_in_no_cell() -> None:
    unassessed = row("a", None, None)
    found = placed(SMALL, RiskLevel.CURRENT, [unassessed])
    assert ({}, [unassessed], []) == (dict(found.counts), found.not_assessed, found.outdated)


def test_a_risk_whose_labels_the_matrix_has_no_more_is_apart_and_in_no_cell() -> None:
    rows = [row("a", "likely", "small"), row("b", "yes", "severe")]
    found = placed(SMALL, RiskLevel.CURRENT, rows)
    assert ({}, [], rows) == (dict(found.counts), found.not_assessed, found.outdated)


def test_a_pair_comes_to_the_band_the_place_and_the_score_of_its_matrix() -> None:
    found = standing(SMALL, "maybe", "large")
    assert found is not None
    assert ("bad", "Bad", 1, 4, False) == tuple(found)
    assert standing(SMALL, "maybe", "severe") is None
    assert standing(SMALL, None, "large") is None


@given(st.lists(st.tuples(LABELS, IMPACTS), max_size=30), st.sampled_from([SMALL, SHIPPED_RISKS]))
def test_the_counts_are_those_of_counting_one_cell_after_the_other(
    pairs: list[tuple[str | None, str | None]], risks: Risks
) -> None:
    rows = [row(str(number), *pair) for number, pair in enumerate(pairs)]
    found = placed(risks, RiskLevel.CURRENT, rows)
    for likelihood in risks.likelihood:
        for impact in risks.impact:
            assert found.counts[likelihood, impact] == pairs.count((likelihood, impact))
    unassessed = [pair for pair in pairs if None in pair]
    assert len(unassessed) == len(found.not_assessed)
    assert len(pairs) == found.counts.total() + len(found.not_assessed) + len(found.outdated)
