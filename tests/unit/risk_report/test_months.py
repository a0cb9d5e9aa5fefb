"""The month of a report: whose it is, which is shown first, and which there are not."""

from datetime import UTC, datetime

import pytest

from consumers.risk_report.making import newest_month, risk_report
from ledger.errors import Invalid
from ledger.policy.times import month_plus
from ledger.store.port import Store
from tests.unit.risk_report.march import adopted, march, policy_text, record


def test_the_newest_month_is_that_of_the_last_event_in_the_zone_of_the_policy(
    store: Store,
) -> None:
    assert "2026-04" == newest_month(store)
    text = policy_text().replace('zone = "UTC"', 'zone = "America/New_York"')
    night = datetime(2026, 6, 1, 2, tzinfo=UTC)
    record(store, [(night, "policy", "policy", adopted(night, text))])
    assert "2026-05" == newest_month(store)
    report = risk_report(store, newest_month(store))
    assert ("2026-05-01T04:00:00", "2026-06-01T04:00:00", False) == (
        report.begins[:19],
        report.ends[:19],
        report.complete,
    )


def test_the_first_moment_of_a_month_is_in_it_and_ends_the_one_before(store: Store) -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC)
    record(store, [(first, "policy", "policy", adopted(first, policy_text()))])
    assert "2026-06" == newest_month(store)
    assert (True, False) == tuple(
        risk_report(store, month).complete for month in ("2026-05", "2026-06")
    )


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-00", "2026-1", "2026-03-01", "26-03", "\uff12026-03", "9999-12", ""]
)
def test_what_is_no_month_that_has_begun_is_refused(store: Store, month: str) -> None:
    with pytest.raises(Invalid):
        risk_report(store, month)


def test_a_policy_that_is_adopted_later_leaves_the_month_as_it_was(store: Store) -> None:
    before = risk_report(store, "2026-03")
    night = march(70)
    text = policy_text().replace('tolerated = "medium"', 'tolerated = "high"')
    assert text != policy_text()
    record(store, [(night, "policy", "policy", adopted(night, text))])
    after = risk_report(store, "2026-03")
    assert (before.risks, before.policy) == (after.risks, after.policy)
    assert before.policy != risk_report(store, "2026-05").policy


def test_months_follow_each_other_over_the_end_of_a_year() -> None:
    found = [month_plus(*of) for of in (("2026-12", 1), ("2026-01", -1), ("2026-03", -2))]
    assert ["2027-01", "2025-12", "2026-01"] == found
