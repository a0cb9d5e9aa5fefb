"""What of a risk is over at a time: exactly at it, as the clock judges."""

from typing import Any

import pytest

from ledger.domain.risk.words import RiskAcceptance
from projections.risk_dues import acceptance_at, is_review_overdue, is_treatment_overdue

BEFORE, AT, AFTER = "2026-03-01T07:59:59Z", "2026-03-01T08:00:00Z", "2026-03-01T08:00:01Z"
TIMES = (BEFORE, AT, AFTER)
TREATED = {"treatment_done_at": None, "treatment_overdue": False, "treatment_due": AT}
REVIEWED = {"review_overdue": False, "review_due": AT}
ACCEPTED = {"acceptance": "holds", "accepted_until": AT, "asked_at": None}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [False, True, True]),
        ({"treatment_due": None}, [False, False, False]),
        ({"treatment_overdue": True}, [True, True, True]),
        ({"treatment_done_at": BEFORE}, [False, False, False]),
        ({"treatment_done_at": BEFORE, "treatment_overdue": True}, [False, False, False]),
    ],
)
def test_a_treatment_is_overdue_from_its_due_time_until_it_is_done(
    changed: dict[str, Any], expected: list[bool]
) -> None:
    assert expected == [is_treatment_overdue({**TREATED, **changed}, now) for now in TIMES]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [False, True, True]),
        ({"review_due": None}, [False, False, False]),
        ({"review_overdue": True}, [True, True, True]),
    ],
)
def test_a_review_is_overdue_from_its_due_time(
    changed: dict[str, Any], expected: list[bool]
) -> None:
    assert expected == [is_review_overdue({**REVIEWED, **changed}, now) for now in TIMES]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [RiskAcceptance.HOLDS, RiskAcceptance.EXPIRED, RiskAcceptance.EXPIRED]),
        (
            {"asked_at": BEFORE},
            [RiskAcceptance.HOLDS, RiskAcceptance.REQUESTED, RiskAcceptance.REQUESTED],
        ),
        ({"acceptance": "stale"}, [RiskAcceptance.STALE] * 3),
    ],
)
def test_an_acceptance_ends_at_its_time_and_what_ended_before_stays_as_it_ended(
    changed: dict[str, Any], expected: list[RiskAcceptance]
) -> None:
    assert expected == [acceptance_at({**ACCEPTED, **changed}, now) for now in TIMES]
