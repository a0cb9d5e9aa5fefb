"""Periods of time as filters: dates in UTC, times with their offset, both ends included."""

import pytest

from ledger.errors import Invalid
from projections.queries.period import Period, period_of


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        (None, None, (None, None)),
        (
            "2026-11-01",
            "2026-11-30",
            ("2026-11-01T00:00:00.000000Z", "2026-11-30T23:59:59.999999Z"),
        ),
        ("2026-11-01T09:30:00+02:00", None, ("2026-11-01T07:30:00.000000Z", None)),
        # In a query string a plus sign that was not escaped arrives as a space.
        ("2026-11-01T09:30:00 02:00", None, ("2026-11-01T07:30:00.000000Z", None)),
        ("2026-11-01t09:30z", None, ("2026-11-01T09:30:00.000000Z", None)),
        (None, "9999-12-31", (None, "9999-12-31T23:59:59.999999Z")),
    ],
)
def test_a_period_holds_its_first_and_last_instant(
    first: str | None, last: str | None, period: tuple[str | None, str | None]
) -> None:
    assert Period(*period) == period_of(first, last)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-13-01", None, "from"),
        ("2026-02-30", None, "from"),
        ("2026-11", None, "from"),
        ("yesterday", None, "from"),
        ("2026-11-01T09:30:00", None, "from"),
        (None, "20261101", "to"),
        (None, "2026-W01-1", "to"),
        ("2026-11-02", "2026-11-01", "to"),
    ],
)
def test_what_is_no_date_or_time_is_refused_by_name(
    first: str | None, last: str | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        period_of(first, last)
    assert [field] == [name for name, _ in refused.value.errors]
